/** Times in milliseconds, sizes in bytes. */
export const secondMs = 1_000
export const minuteMs = 60 * secondMs
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs
export const weekMs = 7 * dayMs

export const mebibyte = 1024 ** 2
export const gibibyte = 1024 ** 3
