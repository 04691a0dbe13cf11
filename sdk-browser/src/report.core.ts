/** t.core.js says nothing of what it drops: it is found on the server. */
export const reportDropped = (): void => {}
export const reportRejected = (): void => {}
