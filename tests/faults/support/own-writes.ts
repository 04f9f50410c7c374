/** Whether the transfer of the key has a write alongside: few have one, so that most units are written by the thread. */
export function hasOwnWrite(key: string): boolean {
  return key.endsWith('77');
}
