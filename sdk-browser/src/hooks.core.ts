/** t.core.js takes listeners and tells nobody. */
export const on = (): void => {}
export const tell = (): void => {}
