/** One kind of thing that an engine brings, and why people who ask in SQL may have it or how it is held. */
export interface Judged {
  reason: string
  names: readonly string[]
}

export const words = (text: string): string[] => text.trim().split(/\s+/)
