// Installs the packages that package-lock.json names, where node_modules does not hold them yet.
import { spawn } from 'node:child_process'
import { access, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** `npm ci` where node_modules is not what package-lock.json says, however it was installed. */
export async function installWhatIsMissing() {
  if (await isInstalled()) return
  console.log('installing packages (the first start takes a minute) …')
  await new Promise((resolve, reject) => {
    const npm = spawn('npm', ['ci', '--no-audit', '--no-fund'], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    npm.on('error', reject)
    npm.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`npm ci exited with ${code}`))))
  })
}

/**
 * npm writes down what it installed; every package of the lock must stand there and have its folder, which an npm that was
 * killed or a copied node_modules may lack. Those for other platforms (optional) are excepted.
 */
export async function isInstalled(folder = root) {
  const [wanted, installed] = await Promise.all([
    packagesOf(join(folder, 'package-lock.json')),
    packagesOf(join(folder, 'node_modules/.package-lock.json')).catch(() => ({})),
  ])
  const needed = Object.entries(wanted).filter(
    ([path, { optional }]) => path.includes('node_modules/') && optional !== true,
  )
  const isWrittenDown = needed.every(
    ([path, { version, integrity }]) =>
      installed[path]?.version === version && installed[path]?.integrity === integrity,
  )
  if (!isWrittenDown) return false
  const folders = needed.map(([path]) => access(join(folder, path, 'package.json')))
  return (await Promise.allSettled(folders)).every(({ status }) => status === 'fulfilled')
}

async function packagesOf(file) {
  return JSON.parse(await readFile(file, 'utf8')).packages
}
