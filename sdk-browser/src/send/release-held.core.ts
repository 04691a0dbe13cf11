/** In t.core.js nothing waits for the visitor's word. */
export const releaseHeld = (): void => {}
