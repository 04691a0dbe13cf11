/** t.core.js leaves it to the server how a visitor came. */
export const addTouches = (): void => {}
