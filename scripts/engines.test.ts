import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, it } from 'vitest'

interface Locked {
  version?: string
  engines?: { node?: string }
  /** Of another platform, or native where there is none: npm leaves it out without a warning. */
  optional?: boolean
}
const root = new URL('../', import.meta.url)
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, root), 'utf8'))
const semver = createRequire(import.meta.url)('semver') as {
  minVersion(range: string): { version: string }
  satisfies(version: string, range: string): boolean
}

it('an install on the oldest Node that is promised warns of no package that wants a newer one', () => {
  const { engines } = read('package.json') as { engines: { node: string } }
  const { packages } = read('package-lock.json') as { packages: Record<string, Locked> }
  const oldest = semver.minVersion(engines.node).version
  const tooNew = Object.entries(packages).filter(
    ([, { engines, optional }]) =>
      engines?.node !== undefined && optional !== true && !semver.satisfies(oldest, engines.node),
  )
  expect(Object.keys(packages).length).toBeGreaterThan(100)
  expect(tooNew.map(([path, { version, engines }]) => [path, version, engines?.node])).toEqual([])
})
