/** Errors of the operating system at the start, as the setting to change: EACCES alone does not name it. */
import { TouchlineError } from './errors.js'

type Settings = Readonly<Record<'DATA_DIR' | 'HOST', string> & { PORT: number }>

const inWords: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'it is a file, not a folder',
  EISDIR: 'a folder lies where a file belongs',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  ENOENT: 'it cannot be made',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'the path is too long',
  EMFILE: 'too many files are open (ulimit -n)',
}

/** CONFIG_INVALID that names DATA_DIR, for an error of a file in it or of a folder above it; any other error as it is. */
export function inDataDir(error: unknown, { DATA_DIR }: Pick<Settings, 'DATA_DIR'>): unknown {
  if (!(error instanceof Error) || error instanceof TouchlineError || !('code' in error)) return error
  const { code, path } = error as NodeJS.ErrnoException
  const why = inWords[code ?? '']
  const isOther = path !== undefined && !path.startsWith(DATA_DIR) && !DATA_DIR.startsWith(path)
  if (why === undefined || isOther) return error
  const message = `DATA_DIR: ${path ?? DATA_DIR} cannot be used: ${why}. Give this user a folder of its own.`
  return new TouchlineError('CONFIG_INVALID', message, { cause: error })
}

/** CONFIG_INVALID that names HOST or PORT, for an error of listening. */
export function ofListening(error: unknown, { HOST, PORT }: Pick<Settings, 'HOST' | 'PORT'>): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  const reasons: Record<string, string> = {
    EADDRINUSE: `PORT: another program listens on ${HOST}:${PORT}. Choose another port: PORT=${PORT < 65_535 ? PORT + 1 : 8484}`,
    EACCES: `PORT: this user may not listen on ${PORT}; ports below 1024 are for root. Put a proxy in front, or PORT=8484.`,
    EADDRNOTAVAIL: `HOST: ${HOST} is no address of this machine. HOST=0.0.0.0 listens on all of them.`,
    ENOTFOUND: `HOST: ${HOST} is the name of no address. HOST=0.0.0.0 listens on all addresses of this machine.`,
    EAI_AGAIN: `HOST: ${HOST} cannot be looked up. HOST=0.0.0.0 listens on all addresses of this machine.`,
    EAFNOSUPPORT: `HOST: this machine has no addresses of the kind of ${HOST}.`,
    EINVAL: `HOST: ${HOST} is no address to listen on.`,
  }
  const why = reasons[String(error.code)]
  return why === undefined ? error : new TouchlineError('CONFIG_INVALID', why, { cause: error })
}
