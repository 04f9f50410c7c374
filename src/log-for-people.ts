import { styleText } from 'node:util';
import pretty from 'pino-pretty';

type Fact = string | number | boolean | null | object | undefined;
type Event = Readonly<Record<string, Fact>> & {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
};
type Style = Parameters<typeof styleText>[0];
type Styled = (style: Style, text: string) => string;

/**
 * Makes a function that turns a JSON line into lines for people: the time of this machine, the level, the event with
 * its facts. Only an unexpected error has a stack.
 */
export function linesForPeople({ isColored }: { isColored: boolean }): (line: string) => string {
  // Node would look at standard output, and the log goes to standard error
  const styled: Styled = (style, text) =>
    isColored ? styleText(style, text, { validateStream: false }) : text;
  const format = pretty.prettyFactory({
    colorize: isColored,
    translateTime: 'SYS:HH:MM:ss',
    customColors: 'fatal:bgRed,error:red,warn:yellow,info:green,debug:blue,trace:gray,message:reset',
    messageFormat: (event) =>
      event['msg'] === 'request' ? requestText(event as Event, styled) : eventText(event as Event, styled),
    hideObject: true,
  });
  return (line) => format(withStack(JSON.parse(line, withoutControls) as Event));
}

/** One line of at most 80 columns for most routes. The id of a request is shown where someone may ask for it. */
function requestText(event: Event, styled: Styled): string {
  const { requestId, method, route, status, code, durationMs, userId } = event;
  const facts = [
    `${Math.round(Number(durationMs))} ms`,
    ...(code === undefined ? [] : [textOf(code)]),
    ...(typeof userId === 'string' ? [`user …${userId.slice(-6)}`] : []),
    ...(Number(status) >= 500 ? [`request ${textOf(requestId)}`] : []),
  ];
  const color = Number(status) >= 500 ? 'red' : Number(status) >= 400 ? 'yellow' : 'green';
  const path = typeof route === 'string' ? route : 'no such route';
  return `${styled(color, textOf(status))} ${textOf(method)} ${path} ${styled('dim', facts.join(', '))}`;
}

const SHOWN_ELSEWHERE: readonly string[] = ['level', 'time', 'msg', 'err', 'type', 'stack'];

function eventText(event: Event, styled: Styled): string {
  const facts = Object.entries(event).filter(([name]) => !SHOWN_ELSEWHERE.includes(name));
  const shown = facts.map(([name, fact]) => `${name}=${textOf(fact)}`);
  const reason = errorIn(event);
  return [event.msg, ...(reason ? [`(${reason.message})`] : []), styled('dim', shown.join(' '))]
    .filter((text) => text !== '')
    .join(' ');
}

function textOf(fact: Fact): string {
  return typeof fact === 'object' ? JSON.stringify(fact) : String(fact);
}

/** Removes control characters, with which a text could clear the terminal or forge a line. */
function withoutControls(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  // oxlint-disable-next-line no-control-regex -- they are what it looks for
  return value.replaceAll(name === 'stack' ? /[\0-\x08\x0b-\x1f\x7f-\x9f]/g : /[\0-\x1f\x7f-\x9f]+/g, ' ');
}

type LoggedError = { readonly type?: string; readonly message: string; readonly stack?: string };

function errorIn({ err }: Event): LoggedError | undefined {
  return typeof err === 'object' && err !== null ? (err as LoggedError) : undefined;
}

/** Faults of the store and of the mail server are expected: their message says all. */
const EXPECTED: readonly (string | undefined)[] = ['PassbookError', 'MailServerFault'];

function withStack(event: Event): Event {
  const error = errorIn(event);
  return error?.stack === undefined || EXPECTED.includes(error.type)
    ? event
    : { ...event, type: 'Error', stack: error.stack };
}
