/** In which zone times are read: the project's, unless the address says UTC or the reader's own. */
import { useSession } from '../api/session.js'
import { useUrl } from './url.js'

export type ZoneChoice = 'project' | 'utc' | 'local'

export function useZone(): { zone: string; choice: ZoneChoice; project: string; local: string } {
  const project = knownZone(useSession()?.zone ?? 'UTC')
  const local = Intl.DateTimeFormat().resolvedOptions().timeZone
  const asked = useUrl().query.get('zone')
  const choice = asked === 'utc' || asked === 'local' ? asked : 'project'
  const zone = { project, utc: 'UTC', local }[choice]
  return { zone, choice, project, local }
}

/** The zone where it is one that this browser knows, else UTC. */
function knownZone(zone: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return zone
  } catch {
    return 'UTC'
  }
}
