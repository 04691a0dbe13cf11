/** Without a word. */
export const sayTwice = (): void => {}
