/** In t.core.js a `toJSON` that stands on a prototype is asked. */
export const toJson: (value: unknown) => string = JSON.stringify
