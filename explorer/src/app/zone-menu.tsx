import { formatsOf } from '../i18n/formats.js'
import { useWords } from '../i18n/dictionary.js'
import { usePreferences } from '../preferences.js'
import { hrefWith, navigate } from '../url/url.js'
import { useZone, type ZoneChoice } from '../url/zone.js'
import { words } from '../frame/words.js'

/** In which zone times are read; its short name is always seen, so that no time is without its zone. */
export function ZoneMenu() {
  const t = useWords(words)
  const { language } = usePreferences()
  const { choice, project, local } = useZone()
  const short = (zone: string) => formatsOf(language, zone).zoneName
  const names: Record<ZoneChoice, string> = {
    project: t['zone.project'](short(project)),
    utc: t['zone.utc'],
    local: t['zone.local'](short(local)),
  }
  return (
    <select
      aria-label={t.zone}
      title={{ project, utc: 'UTC', local }[choice]}
      value={choice}
      onChange={({ currentTarget: { value } }) =>
        navigate(hrefWith({ zone: value === 'project' ? null : value }))
      }
    >
      {(Object.keys(names) as ZoneChoice[]).map((name) => (
        <option key={name} value={name}>
          {names[name]}
        </option>
      ))}
    </select>
  )
}
