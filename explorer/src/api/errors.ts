/** What came instead of an answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: string
  readonly requestId: string | undefined
  constructor(
    message: string,
    about: { status: number; code: string; requestId?: string | undefined; cause?: unknown },
  ) {
    super(message, about.cause === undefined ? undefined : { cause: about.cause })
    this.status = about.status
    this.code = about.code
    this.requestId = about.requestId
  }
}

/** No answer at all, or a proxy's that says that the server behind it is away. */
export const isServerGone = (error: unknown): boolean =>
  error instanceof ApiError && (error.code === 'SERVER_GONE' || [502, 504].includes(error.status))

export const isSessionEnded = (error: unknown): boolean => error instanceof ApiError && error.status === 401

/** An answer of the server that it will give another time: it begins, ClickHouse is away, or too much is under way. */
export const isPassing = (error: unknown): boolean => error instanceof ApiError && error.status === 503
