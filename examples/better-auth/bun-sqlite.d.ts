/** The declarations of Better Auth name this module of Bun, which Node's types do not have. */
declare module 'bun:sqlite' {
  export type Database = object;
}
