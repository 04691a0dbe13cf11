// Installs the packages that package-lock.json names, where node_modules does not hold them yet.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** `npm ci` where node_modules is not what package-lock.json says. */
export async function installWhatIsMissing() {
  const stamp = join(root, 'node_modules', '.installed-for')
  const lock = createHash('sha256')
    .update(await readFile(join(root, 'package-lock.json')))
    .digest('hex')
  if ((await readFile(stamp, 'utf8').catch(() => '')) === lock) return
  console.log('installing packages (the first start takes a minute) …')
  await new Promise((resolve, reject) => {
    const npm = spawn('npm', ['ci', '--no-audit', '--no-fund'], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    npm.on('error', reject)
    npm.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`npm ci exited with ${code}`))))
  })
  await writeFile(stamp, lock)
}
