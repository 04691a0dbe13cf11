/** An address that other machines may reach this one at. */
import { networkInterfaces } from 'node:os'

const everyAddress = new Set(['0.0.0.0', '::', '[::]'])
export const isEveryAddress = (host: string): boolean => everyAddress.has(host)

/** The first IPv4 address of the machine's own network, or loopback where it has none. A guess where there are several. */
export function guessAddress(interfaces = networkInterfaces()): string {
  const found = Object.values(interfaces)
    .flatMap((list) => list ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)
  return found?.address ?? '127.0.0.1'
}
