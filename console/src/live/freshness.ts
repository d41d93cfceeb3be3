/** With the stream silent or a word of it lost, no alarm and no work order on screen is older than this. */
export const ASK_AGAIN_MS = 15_000;
