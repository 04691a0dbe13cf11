/** Nobody is told. */
export const announceDraft = (): void => {}
export const announcePage = (): void => {}
