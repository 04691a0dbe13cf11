/** The keys of the default project, as the server has them. */
import type { Config } from '../config.js'
import { defaultKeys, type DefaultKeys } from '../projects/default-keys.js'

export const keysOf = (config: Config): Promise<DefaultKeys> =>
  defaultKeys(config.DATA_DIR, {
    writeKey: config.TOUCHLINE_WRITE_KEY,
    secretKey: config.TOUCHLINE_SECRET_KEY,
    analystPassword: config.ANALYST_PASSWORD,
  })
