/** Without a word. */
export const checkNames = (): void => {}
