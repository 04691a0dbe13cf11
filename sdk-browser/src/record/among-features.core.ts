/** t.core.js has no features that could hear. */
export const emitToFeatures = (): void => {}
