/**
 * The signals that end the server in order. Windows has no SIGTERM that a program could catch: it sends SIGBREAK for
 * Ctrl-Break, and SIGHUP as a console window closes. Elsewhere SIGHUP is left alone, because `nohup` ignores it.
 */
export function stopSignals(platform: NodeJS.Platform): readonly NodeJS.Signals[] {
  return platform === 'win32' ? ['SIGINT', 'SIGBREAK', 'SIGHUP'] : ['SIGTERM', 'SIGINT'];
}
