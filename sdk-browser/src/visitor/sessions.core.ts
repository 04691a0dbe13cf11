/** t.core.js knows no sessions. */
export const addSession = (): void => {}
