/** The keys of the default project, as the server has them. A command makes none: they would be of no server. */
import type { Config } from '../config.js'
import { keysThere, type DefaultKeys } from '../projects/default-keys.js'
import { usageError } from './command.js'

/** Undefined where no server has made any yet in DATA_DIR and the environment does not give all of them. */
export const keysIfThere = (config: Config): Promise<DefaultKeys | undefined> =>
  keysThere(config.DATA_DIR, {
    writeKey: config.TOUCHLINE_WRITE_KEY,
    secretKey: config.TOUCHLINE_SECRET_KEY,
    analystPassword: config.ANALYST_PASSWORD,
  })

export async function keysOf(config: Config): Promise<DefaultKeys> {
  const keys = await keysIfThere(config)
  if (keys === undefined)
    throw usageError(`DATA_DIR: no server has run in ${config.DATA_DIR} yet; set DATA_DIR to its folder.`)
  return keys
}
