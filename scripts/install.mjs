// Installs the packages that package-lock.json names, where node_modules does not hold them yet.
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
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
 * npm writes down what it installed; every package of the lock must stand there, those for other platforms (optional)
 * excepted.
 */
async function isInstalled() {
  const [wanted, installed] = await Promise.all([
    packagesOf('package-lock.json'),
    packagesOf('node_modules/.package-lock.json').catch(() => ({})),
  ])
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    const isFolderOfOurs = !path.includes('node_modules/')
    if (isFolderOfOurs || optional) return true
    return installed[path]?.version === version && installed[path]?.integrity === integrity
  })
}

async function packagesOf(file) {
  return JSON.parse(await readFile(join(root, file), 'utf8')).packages
}
