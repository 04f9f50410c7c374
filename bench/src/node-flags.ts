/**
 * What Node is started with, every contender alike: as `npm start` starts the server. What a batch holds outlives
 * several collections of a young generation of the usual 16 MB, and is copied at each.
 */
export const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=64'];
