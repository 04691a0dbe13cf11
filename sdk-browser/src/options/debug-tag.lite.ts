/** t.lite.js is what it is: no other script takes its place. */
export const isDebugged = (): boolean => false
