/** What a developer has to know, and nobody else tells: in the console, a line each. */
export const warn = (text: string): void => console.warn(`Touchline: ${text}`)
