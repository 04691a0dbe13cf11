import { useWords } from '../i18n/dictionary.js'
import { useFormats } from '../i18n/formats.js'
import { hrefWith, navigate } from '../url/url.js'
import { useZone, type ZoneChoice } from '../url/zone.js'
import { words } from './words.js'

/** In which zone times are read; the short name is always seen, so that no time is without its zone. */
export function ZoneMenu() {
  const t = useWords(words)
  const { zoneName } = useFormats()
  const { choice, project, local } = useZone()
  const names: Record<ZoneChoice, string> = {
    project: t['zone.project'](project),
    utc: t['zone.utc'],
    local: t['zone.local'](local),
  }
  return (
    <label class="zone" title={names[choice]}>
      <span aria-hidden="true">{zoneName}</span>
      <select
        aria-label={t.zone}
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
    </label>
  )
}
