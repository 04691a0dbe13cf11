/** In t.core.js what a request cannot take out of a closing page waits in storage for the next one. */
export const knowsKeepalive = (): boolean => true
export const sendBeacon = (): void => {}
