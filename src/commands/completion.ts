import type { Argument, Command, Option } from 'commander';
import { pathOf } from './help.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A word that may follow, with its explanation. */
type Word = { readonly text: string; readonly about: string };

/** Every command and group, as a shell sees it. */
type Place = {
  /** Words before, such as `passbook users`. */
  readonly path: string;
  /** Commands, and values of arguments. A command that takes nothing has its options here too. */
  readonly words: readonly Word[];
  readonly options: readonly Word[];
  /** Options that take a value, with the values to offer. Without any, the shell offers files. */
  readonly valued: readonly { readonly flags: readonly string[]; readonly choices: readonly string[] }[];
};

/** A script that teaches a shell the commands and options of the program. It starts no process when it completes. */
export function completionScript(shell: Shell, program: Command): string {
  const places = placesIn(program);
  switch (shell) {
    case 'bash':
      return bashScript(places);
    case 'zsh':
      return zshScript(places);
    case 'fish':
      return fishScript(places);
    default:
      return shell satisfies never;
  }
}

function placesIn(command: Command): readonly Place[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command);
  const options = help.visibleOptions(command);
  const flags = options.map((one) => ({ text: one.long ?? one.short ?? '', about: one.description }));
  const takesNothing = commands.length === 0 && command.registeredArguments.length === 0;
  const place = {
    path: pathOf(command),
    words: [
      ...commands.map((one) => ({ text: one.name(), about: help.subcommandDescription(one) })),
      ...choicesOf(command.registeredArguments).map((text) => ({ text, about: '' })),
      ...(takesNothing ? flags : []),
    ],
    options: flags,
    valued: options
      .filter(({ required, optional }) => required || optional)
      .map((one) => ({ flags: flagsOf(one), choices: one.argChoices ?? [] })),
  };
  return [place, ...command.commands.flatMap(placesIn)];
}

function choicesOf(taken: readonly Argument[]): readonly string[] {
  return taken.flatMap(({ argChoices }) => argChoices ?? []);
}

function flagsOf({ short, long }: Option): readonly string[] {
  return [short, long].filter((flag) => flag !== undefined);
}

/** Finds the place by walking over the words before the cursor: a word that leads to no place is an argument. */
const WALK = `  local place=passbook word
  for word in "\${before[@]}"; do
    case "$place $word" in
      PLACES) place="$place $word" ;;
    esac
  done`;

function walkOver(places: readonly Place[]): string {
  const patterns = places.filter(({ path }) => path.includes(' ')).map(({ path }) => `"${path}"`);
  return WALK.replace('PLACES', patterns.join('|'));
}

function bashScript(places: readonly Place[]): string {
  const values = places.flatMap(({ path, valued }) =>
    valued.map(({ flags, choices }) => {
      const patterns = flags.map((flag) => `"${path} ${flag}"`).join('|');
      return `    ${patterns}) COMPREPLY=($(compgen -W ${quoted(choices.join(' '))} -- "$current")); return ;;`;
    }),
  );
  const listed = (all: readonly Word[]): string => quoted(all.map(({ text }) => text).join(' '));
  const words = places.map(
    (place) => `    "${place.path}") words=${listed(place.words)} options=${listed(place.options)} ;;`,
  );
  return `# Completion of passbook for bash. To use it: source <(passbook completion bash)
_passbook() {
  local current="\${COMP_WORDS[COMP_CWORD]}" prior="\${COMP_WORDS[COMP_CWORD - 1]}" words= options=
  local before=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
${walkOver(places)}
  # With no reply, "-o default" offers files
  case "$place $prior" in
${values.join('\n')}
  esac
  case "$place" in
${words.join('\n')}
  esac
  [[ $current == -* ]] && words=$options
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _passbook passbook
`;
}

function zshScript(places: readonly Place[]): string {
  const values = places.flatMap(({ path, valued }) =>
    valued.map(({ flags, choices }) => {
      const patterns = flags.map((flag) => `"${path} ${flag}"`).join('|');
      const offer = choices.length === 0 ? '_files' : `compadd -- ${choices.map(quoted).join(' ')}`;
      return `    ${patterns}) ${offer}; return ;;`;
    }),
  );
  const listed = (all: readonly Word[]): string =>
    all.map(({ text, about }) => quoted(`${text.replaceAll(':', String.raw`\:`)}:${about}`)).join(' ');
  const words = places.map(
    (place) => `    "${place.path}") offered=(${listed(place.words)}) options=(${listed(place.options)}) ;;`,
  );
  return `#compdef passbook
# Completion of passbook for zsh. To use it: source <(passbook completion zsh)
_passbook() {
  local -a before offered options
  local prior="\${words[CURRENT - 1]}"
  before=("\${(@)words[2,CURRENT - 1]}")
${walkOver(places)}
  case "$place $prior" in
${values.join('\n')}
  esac
  case "$place" in
${words.join('\n')}
  esac
  [[ "\${words[CURRENT]}" == -* ]] && offered=("\${options[@]}")
  _describe passbook offered || _files
}
if [[ "\${funcstack[1]}" == _passbook ]]; then _passbook; else compdef _passbook passbook; fi
`;
}

function fishScript(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, words, options, valued }) =>
    [...words.filter((word) => !options.includes(word)), ...options].map(({ text, about }) => {
      const value = valued.find(({ flags }) => flags.includes(text));
      const isOption = text.startsWith('--');
      const takes =
        value === undefined
          ? ''
          : ` -r${value.choices.length === 0 ? 'F' : `fa ${fishQuoted(value.choices.join(' '))}`}`;
      const offer = isOption ? `-l ${text.slice(2)}${takes}` : `-f -a ${fishQuoted(text)}`;
      const explained = about === '' ? '' : ` -d ${fishQuoted(about)}`;
      return `complete -c passbook -n ${fishQuoted(`test (__passbook_place) = "${path}"`)} ${offer}${explained}`;
    }),
  );
  const nested = places.filter(({ path }) => path.includes(' ')).map(({ path }) => `"${path}"`);
  return `# Completion of passbook for fish. To use it: passbook completion fish | source
function __passbook_place
  set -l place passbook
  for word in (commandline -opc)[2..-1]
    switch "$place $word"
      case ${nested.join(' ')}
        set place "$place $word"
    end
  end
  echo $place
end
${lines.join('\n')}
`;
}

/** Quotes a text for bash and zsh. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', String.raw`\\`).replaceAll("'", String.raw`\'`)}'`;
}
