// With this our measured gateway checks people's tokens, and the bench signs them; both are gone when it ends.
export const tokenSecret: Uint8Array = Buffer.alloc(32, 'signs the tokens of a bench alone');
