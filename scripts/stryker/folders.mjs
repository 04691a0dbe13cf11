/** What is mutated, folder by folder, and the unit tests that are to notice: those that need neither ClickHouse nor a server. */
const src = 'ingest-server/src'

/** The parts of a folder that unit tests can reach; the rest is held by tests on a real ClickHouse (npm run mutate). */
export const folders = {
  trust: {
    mutate: ['collect/trust/{claims,user-token,admit}.ts'],
    tests: ['collect/trust/*.test.ts'],
  },
  accept: {
    mutate: [
      'collect/accept/{accept,rejected}.ts',
      'collect/read/{measure,read-event,read-time,event-text}.ts',
      'collect/base/well-formed.ts',
    ],
    tests: ['collect/{accept,read,base}/*.test.ts'],
  },
  projects: {
    mutate: ['projects/{key-binding,key-ring,keys-in-force,new-key,origins,project,variables}.ts'],
    tests: ['projects/*.test.ts'],
  },
  erasure: {
    mutate: [
      'erasure/{erase-log,erased-definitions,waiting}.ts',
      'log/{scrub,addresses-in-text,user-ids-in-text,tombstones}.ts',
    ],
    tests: [
      'erasure/{erase-log,erased-definitions,waiting}.test.ts',
      'log/{scrub,addresses-in-text,tombstones}.test.ts',
    ],
  },
  identity: {
    mutate: ['identity/rules/{resolve,accounts,effective-links,outranks}.ts'],
    tests: ['identity/rules/{resolve,accounts,size}.test.ts'],
  },
}

export const chosen = () => {
  const name = process.env.FOLDER ?? 'trust'
  const folder = folders[name]
  if (folder === undefined)
    throw new Error(`FOLDER is one of ${Object.keys(folders).join(', ')}, not ${name}`)
  const inSource = (globs) => globs.map((glob) => `${src}/${glob}`)
  return { name, mutate: inSource(folder.mutate), tests: inSource(folder.tests) }
}
