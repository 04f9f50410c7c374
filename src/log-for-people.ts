import { styleText } from 'node:util';
import pretty from 'pino-pretty';

/** The fields of a request's line that a person reads; those of other events are shown below their line. */
type RequestLine = {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly requestId: string;
  readonly method: string;
  readonly route: string | null;
  readonly status: number;
  readonly code?: string;
  readonly durationMs: number;
  readonly userId?: string;
};

type Style = Parameters<typeof styleText>[0];

/** Makes a function that turns a JSON line into lines for people: the time of this machine, the level, the event. */
export function linesForPeople({ isColored }: { isColored: boolean }): (line: string) => string {
  const style = (of: Style, text: string): string => (isColored ? styleText(of, text) : text);
  const format = pretty.prettyFactory({
    colorize: isColored,
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'pid,hostname',
    // The color of messages would hide the one of a status
    customColors: 'message:reset',
    useOnlyCustomProps: false,
  });
  return (line) => {
    const event = JSON.parse(line) as RequestLine;
    return format(event.msg === 'request' ? { ...head(event), msg: requestText(event, style) } : event);
  };
}

function head({ level, time }: RequestLine): Pick<RequestLine, 'level' | 'time'> {
  return { level, time };
}

/** One line of at most 80 columns for most routes. The id of a request is shown where someone may ask for it. */
function requestText(
  { requestId, method, route, status, code, durationMs, userId }: RequestLine,
  style: (of: Style, text: string) => string,
): string {
  const facts = [
    `${Math.round(durationMs)} ms`,
    ...(code === undefined ? [] : [code]),
    ...(userId === undefined ? [] : [`user …${userId.slice(-6)}`]),
    ...(status >= 500 ? [`request ${requestId}`] : []),
  ];
  const result = style(status >= 500 ? 'red' : status >= 400 ? 'yellow' : 'green', `${status}`);
  return `${result} ${method} ${route ?? 'no such route'} ${style('dim', facts.join(', '))}`;
}
