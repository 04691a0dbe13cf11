import { execFileSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { until } from '../test-support/server.js'
// @ts-expect-error A script without types.
import { watchPages as untyped } from './watch-pages.mjs'

const watchPages = untyped as (options: string[]) => ChildProcess

test('whoever builds the pages at each save ends with the process that was started', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'touchline-pages-'))
  const runs = () =>
    execFileSync('ps', ['-A', '-o', 'pid=,args='], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes(folder))
  const pages = watchPages(['--outDir', folder, '--emptyOutDir'])
  try {
    await until(() => existsSync(join(folder, 'index.html')) || undefined, { what: 'the pages' })
    expect(runs().length).toBeGreaterThan(0)
    pages.kill('SIGTERM')
    await until(() => runs().length === 0 || undefined, { what: 'the end of the build' })
  } finally {
    pages.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
})
