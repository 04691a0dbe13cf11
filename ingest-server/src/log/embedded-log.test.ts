import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { logContract } from '../../test/log-contract.js'
import { silentLogger } from '../../test/support/clickhouse.js'
import { openEmbeddedLog } from './embedded-log.js'

logContract('embedded', () => {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-log-'))
  return Promise.resolve({
    open: (limits) => openEmbeddedLog({ dir, clock: Date.now, logger: silentLogger, ...limits }),
    remove() {
      rmSync(dir, { recursive: true, force: true })
      return Promise.resolve()
    },
  })
})
