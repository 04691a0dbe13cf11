/** Which of two statements about one thing is believed. */

interface Statement<At> {
  verified: boolean
  at: At
  messageId: string
}

/** Verified before unverified, then the later, ties by the larger messageId. */
export function outranks<At extends string | number>(a: Statement<At>, b: Statement<At>): boolean {
  if (a.verified !== b.verified) return a.verified
  return a.at > b.at || (a.at === b.at && a.messageId > b.messageId)
}
