/** What the engine's last words mean, and what to do about them. */

/** Another process has the folder: the lock of one that was just killed is free again within moments. */
export const isLocked = (words: string): boolean => words.includes('Code: 76.')

export const isPortTaken = (words: string): boolean =>
  /Address already in use|EADDRINUSE|Code: 210\./.test(words)

export function explainFailure(words: string, dataDir: string): string {
  if (isLocked(words)) {
    return `Another process runs ClickHouse in ${dataDir}. Stop it, or give this one its own DATA_DIR.`
  }
  if (isPortTaken(words)) {
    return `${addressIn(words)} is taken, which ClickHouse was to have. Choose others with CLICKHOUSE_HTTP_PORT and CLICKHOUSE_TCP_PORT.`
  }
  return cannotRunHere(words)
}

/** The engine tells it with a stack; which address is taken is all that helps. */
function addressIn(words: string): string {
  const address = /\[?((?:\d+\.){3}\d+)\]?(:\d+)/.exec(words)
  return address === null ? 'A port' : `${address[1]}${address[2]}`
}

export function cannotRunHere(reason: string): string {
  return (
    `The embedded ClickHouse cannot run here (${process.platform}-${process.arch}; it needs Linux with glibc or macOS, ` +
    `not Alpine/musl or Windows). Set CLICKHOUSE_URL to a ClickHouse server instead. It said: ${reason}`
  )
}
