/**
 * Mistakes that somebody could make, by hand, and the tests that must see each: a text that stands once in a file, and what
 * stands there instead. Read by scripts/mutate.mjs.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const sources = fileURLToPath(new URL('../ingest-server/src/', import.meta.url))

/** File → the tests that must see its mistakes, whether they need a build, and the mistakes: from, to. */
const byHand = {
  'collect/request/in-flight.ts': {
    tests: ['ingest-server/src/collect/request'],
    mistakes: [
      ['if (total + more > maxBytes) return overloaded()', 'if (false) return overloaded()'],
      ['+ more > maxOfAddress ? overShare() : undefined', '+ more > maxBytes ? overShare() : undefined'],
      [
        'const charge: Charge = { address: networkOf(request.ip), bytes: 0, isOver: false, isHeld: false }',
        'const charge: Charge = { address: networkOf(request.ip), bytes: announcedBy(request), isOver: false, isHeld: false }',
      ],
      ['if (!charge.isHeld) count(charge.address, -charge.bytes)', 'count(charge.address, 0)'],
      ['if (charge.isOver) count(charge.address, -charge.bytes)', 'count(charge.address, 0)'],
      ['charge.bytes += bytes', 'charge.bytes += 0'],
    ],
  },
  'collect/request/turns.ts': {
    tests: ['ingest-server/src/collect/request'],
    mistakes: [
      ['if (running >= atOnce) await place(address)', 'if (false) await place(address)'],
      [
        'if (queue.length > 0) queues.set(address, queue)',
        'if (queue.length > 0) queues.set(`${address} `, queue)',
      ],
      ['if (queue.length >= waitingOfAddress)', 'if (queue.length > 1e9)'],
      ['      running -= 1\n      return', '      return'],
    ],
  },
  'collect/request/accept-request.ts': {
    tests: ['ingest-server/src/collect'],
    mistakes: [
      ['if (known === undefined) requireKeyInText(request, projects, text)', ''],
      ['      rate.take(bounds, Math.ceil(text.length / bytesPerEvent))\n', ''],
      ['rate.take(bounds, batch.events.length)', ''],
      ["if (privacySignal === 'drop') {", 'if (false) {'],
    ],
  },
  'collect/request/where-not-json.ts': {
    tests: ['ingest-server/src/collect/request/where-not-json.test.ts'],
    mistakes: [
      ['const part = text.slice(0, lookedAt)', 'const part = text'],
      ['if (!isCut || offset + length < part.length)', 'if (true)'],
    ],
  },
  'collect/request/body.ts': {
    tests: ['ingest-server/src/collect/request/body.test.ts'],
    mistakes: [
      ['const maxEncodings = 2', 'const maxEncodings = 3'],
      ['maxOutputLength: limits.decodedBytes }', 'maxOutputLength: 2 * limits.decodedBytes }'],
      ['encodingsIn(contentEncoding).reverse()', 'encodingsIn(contentEncoding)'],
    ],
  },
  'collect/trust/kept-of-refused.ts': {
    tests: ['ingest-server/src/collect/trust/kept-of-refused.test.ts'],
    mistakes: [
      ["if (privacySignal === 'anonymous') return kindOf(event)", ''],
      ['if (secrets.test(name)) continue', ''],
      ["if (change === 'drop') continue", ''],
      ["text.includes('eyJ') ?", "text === 'eyJ' ?"],
      ['return value.slice(0, maxAddresses).map(truncated)', 'return value'],
    ],
  },
  'collect/trust/admit.ts': {
    tests: ['ingest-server/src/collect'],
    mistakes: [
      ["    return 'EVENT_NOT_ALLOWED'", '    return { event, trust: unsigned }'],
      [
        'if (requestContext.verified) return { event, trust: bySecret }',
        'if (true) return { event, trust: bySecret }',
      ],
      ["return kept === undefined ? 'EVENT_ERASED'", 'return kept === undefined ? admitted'],
    ],
  },
  'collect/accept/accept.ts': {
    tests: ['ingest-server/src/collect'],
    mistakes: [
      ["if (code === 'EVENT_ERASED') return null", ''],
      ['judge) ? null : kept', 'judge) ? kept : kept'],
      ['if (bytes * events > limits.decodedBytes) {', 'if (false) {'],
    ],
  },
  'identity/rules/link-caps.ts': {
    tests: ['ingest-server/src/identity'],
    mistakes: [
      ['!isTrusted(link) &&\n        !released', '!released'],
      ['return size > caps.identifiersByEmails', 'return false'],
      ['size += 1 + Math.min(devicesOf(email), caps.othersOfUserOrEmail)', 'size += 1'],
      ["if (link.kind === 'release' && link.verified)", "if (link.kind === 'release')"],
      ['return devices.size > devicesOfLead', 'return false'],
      ['(aAt < bAt ? -1 : aAt > bAt ? 1 : a < b ? -1 : 1)', '(a < b ? -1 : 1)'],
      ['const received = link.firstReceivedAt ?? link.receivedAt', 'const received = link.at'],
      ['return claims.filter((link) => !within.has(otherSide(link, user)))', 'return []'],
    ],
  },
  'identity/facts/weights.ts': {
    tests: ['ingest-server/src/identity'],
    mistakes: [
      ['if (counted !== undefined) return counted', ''],
      ['const extra = quarantine + BigInt(factsOfEmails)', 'const extra = quarantine'],
      ['const unprobed = isOnMany && level !==', 'const unprobed = isOnMany && level ==='],
      ["level === 'named' && !isOfManyDevices && !isAliased(known)", "level === 'named'"],
      ['(back === undefined ? 0n : through(to, from, back))', '0n'],
    ],
  },
  'identity/rules/resolve.ts': {
    tests: [
      'ingest-server/src/identity/rules/resolve.test.ts',
      'ingest-server/src/identity/rules/size.test.ts',
    ],
    mistakes: [
      ['claims.find(isTrusted) ?? claims[0]', 'claims[0]'],
      ['if (first === undefined || (link.verified && !first.verified))', 'if (first === undefined)'],
      ['if (context.hasStated.has(context.personOf(next.identifier))) continue', ''],
      ['if (link.verified) return link.at\n  const', 'if (link) return link.at\n  const'],
      ['if (owners.at(-1)?.from === claim.at) owners.pop()', ''],
      ['!notInferring.has(claim) &&', ''],
    ],
  },
  'identity/rules/effective-links.ts': {
    tests: ['ingest-server/src/identity/rules/resolve.test.ts'],
    mistakes: [
      ['if (asOf !== undefined && link.receivedAt > asOf) continue', ''],
      ['(link.verified || !signedOnly),', 'true,'],
      ["!(link.kind === 'alias' && !link.verified && isUser(link.other)),", 'true,'],
      ["if (!link.verified || (link.kind !== 'unlink'", "if ((link.kind !== 'unlink'"],
      ['!quarantinedLinks.has(link) &&', ''],
    ],
  },
  'identity/rules/outranks.ts': {
    tests: ['ingest-server/src/identity'],
    mistakes: [['if (a.verified !== b.verified) return a.verified', '']],
  },
  'log/embedded/segment-writer.ts': {
    tests: ['ingest-server/src/log/embedded/synced.test.ts'],
    mistakes: [
      ['constants.O_RDWR | constants.O_DSYNC)', 'constants.O_RDWR)'],
      ['  await syncFolder(dir)\n', ''],
    ],
  },
  'log/tombstones.ts': {
    tests: ['ingest-server/src/log', 'ingest-server/src/erasure', 'ingest-server/src/collect/trust'],
    mistakes: [
      ['(atMs < to || receivedAtMs < receivedTo)', 'atMs < to'],
      ['(from === undefined || from <= atMs) &&', ''],
      ['if (names.length > mostNamesOfLate) return true', ''],
      ['userTextsOf(event).map(userIdentifier).some(isGone)', 'false'],
    ],
  },
  'log/addresses-in-text.ts': {
    tests: ['ingest-server/src/log/addresses-in-text.test.ts'],
    mistakes: [
      [".replace(invisiblePattern, '')\n", ''],
      ["    .normalize('NFC')\n", ''],
      ['found.add(canonicalAddress(address))', 'found.add(address)'],
      ["new RegExp(sourceOf(text), 'giu')", "new RegExp(sourceOf(text), 'gu')"],
    ],
  },
  'erasure/remove-erased.ts': {
    tests: ['ingest-server/src/erasure'],
    mistakes: [
      ['  for (const rows of facts) for (const params of parts) await remove(deps, rows, params)\n', ''],
      ['if (rows > 0) found[table] = (found[table] ?? 0) + rows', ''],
      ['if (rows > 0) found[table] = rows', ''],
      ['if (isAboutErased(original, at, judge)) ids.add(id)', ''],
    ],
  },
  'erasure/carry-out.ts': {
    tests: ['ingest-server/src/erasure'],
    mistakes: [['    if (judge) await rewriteLog(log, project, judge)\n', '']],
  },
  'erasure/remaining.ts': {
    tests: ['ingest-server/src/erasure'],
    mistakes: [['if (oldParts > 0) left.replaced_files = oldParts', '']],
  },
  'erasure/erasing.ts': {
    tests: ['ingest-server/src/erasure'],
    mistakes: [['    open = openErasures(known.all(), await readProgress(app))\n', '']],
  },
  'erasure/attempts.ts': {
    tests: ['ingest-server/src/erasure'],
    mistakes: [
      ['      if (isAway(error)) throw error\n      const times', '      throw error\n      const times'],
    ],
  },
  'http/server.ts': {
    tests: ['ingest-server/src/collect/request/overload.test.ts'],
    mistakes: [
      ['connectionsCheckingInterval: lookForLateMs,', ''],
      ['if (request.is404) answerNotFound(request, reply)\n    else done()', 'done()'],
    ],
  },
  'http/other-methods.ts': {
    tests: ['ingest-server/src/collect/request/overload.test.ts'],
    mistakes: [['onRequest: refuse, handler', 'handler']],
  },
  'http/credentials.ts': {
    tests: ['ingest-server/src/collect', 'ingest-server/src/api/routes.test.ts'],
    mistakes: [
      [
        "if (credential.kind === 'secret') throw secretInBrowser(request, credential)\n  if (!may",
        'if (!may',
      ],
      ["  if (!mayComeFrom(credential, origin)) throw new TouchlineError('ORIGIN_NOT_ALLOWED')\n", ''],
      ["if (credential?.kind === 'write')", 'if (false)'],
    ],
  },
  'collect/trust/claims.ts': {
    tests: ['ingest-server/src/collect/trust'],
    mistakes: [
      ['claims !== undefined && event.userId === claims.userId', 'claims !== undefined'],
      ['if (!isCovered) return withoutClaims(event)', 'if (!isCovered) return { event, trust: unsigned }'],
      ["claims.accounts.has(event.groupId) ? event.groupId : ''", 'event.groupId'],
      ["email: event.email === claims.email ? event.email : ''", 'email: event.email'],
      ["if (role === undefined) return 'all'", "if (role === undefined) return 'traits'"],
      ["return rolesForTraits.has(role) ? 'domain' : 'traits'", "return 'domain'"],
      ['facts.filter(({ name }) => !domainTraits.has(name))', 'facts'],
      ['? former.includes(fact.other)', '? true'],
      ['return fact.identifier === user && isSaid', 'return isSaid'],
      ["  if (event.type === 'group' && unverifiedOfAccount(event, trust) === 'all') return false\n", ''],
    ],
  },
  'collect/trust/user-token.ts': {
    tests: ['ingest-server/src/collect/trust'],
    mistakes: [
      ['claims.expiresAtMs > atMs - leewayMs && ', ''],
      ['Math.max(occurredAtMs, receivedAtMs - queueAgeMs)', 'occurredAtMs'],
      ['|| !audiences.includes(project.id)', ''],
      ['if (distinct.size > maxTokensPerRequest)', 'if (false)'],
      ['for (const name of misplaced) if (holdsToken(rest[name])) rest[name] = withoutToken(rest[name])', ''],
      [
        "('secret' in key ? [new TextEncoder().encode(key.secret)] : [])",
        "[new TextEncoder().encode('secret' in key ? key.secret : String(key.publicKey))]",
      ],
    ],
  },
  'collect/trust/property-rules.ts': {
    tests: ['ingest-server/src/collect/trust'],
    mistakes: [
      ["if (change === 'drop') continue", ''],
      ['anywhere.get(name.toLowerCase())', 'anywhere.get(name)'],
      ["createHmac('sha256', hashSalt)", "createHmac('sha256', '')"],
      [
        'if (Array.isArray(value)) return value.map((item) => changed(item, path, depth + 1))',
        'if (Array.isArray(value)) return value',
      ],
    ],
  },
  'collect/trust/prepare-batch.ts': {
    tests: ['ingest-server/src/collect'],
    mistakes: [
      ['token ?? batch.token ?? root?.token', 'token'],
      ['rules && context ? rules.context(context) : context', 'context'],
    ],
  },
  'collect/base/ip.ts': {
    tests: ['ingest-server/src/collect/base', 'ingest-server/src/collect/request/rate.test.ts'],
    mistakes: [
      ['{ ipv4: 3, ipv6: 3 }', '{ ipv4: 4, ipv6: 8 }'],
      ['{ ipv4: 4, ipv6: 4 }', '{ ipv4: 4, ipv6: 8 }'],
    ],
  },
  'collect/request/rate.ts': {
    tests: ['ingest-server/src/collect/request'],
    mistakes: [
      ["  if (kind === 'secret') return bounds\n", ''],
      ['Math.min(rate * burstSeconds, bucket.tokens + earned)', 'bucket.tokens + earned'],
      ['Math.max(0, now - bucket.at)', '(now - bucket.at)'],
      ['`${id} ${networkOf(address)}`', '`${id} ${address}`'],
      ['if (tokens > 0) continue', 'if (true) continue'],
    ],
  },
  'identity/rules/accounts.ts': {
    tests: ['ingest-server/src/identity/rules/accounts.test.ts'],
    mistakes: [
      [
        'proven.length > 0 ? staysByGroup(proven) : byDomain.filter(({ verified }) => verified)',
        'staysByGroup(proven)',
      ],
      ['!verified && !spokenOf.has(account)', '!verified'],
      ['claimed.flatMap((stay) => outside(stay, firm))', 'claimed'],
      ['const best = proven.length > 0 ? proven : claims', 'const best = claims'],
      ['verifiedAccount: accountOf(proven)', 'verifiedAccount: accountOf(best)'],
      ['some.length > 1 ? undefined : ', ''],
      ['return domain !== undefined && addresses.some(', 'return domain !== undefined || addresses.some('],
      ['verified ? meaning?.verifiedAccount : meaning?.account', 'meaning?.account'],
      ['held.identifier === identifier && isWithin(held, at)', 'held.identifier === identifier'],
      ['[...identifiers].sort(byVerified)', 'identifiers'],
    ],
  },
  'identity/rules/large-people.ts': {
    tests: ['ingest-server/src/identity/rules/size.test.ts'],
    mistakes: [
      ["link.kind === 'alias' && link.verified && ", "link.kind === 'alias' && "],
      ["if (kind !== 'release' || !verified) continue", "if (kind !== 'release') continue"],
      ['sizeOf(rootOf(user)) > most', 'sizeOf(rootOf(user)) > most + 1'],
    ],
  },
  'log/embedded/handled-mark.ts': {
    tests: ['ingest-server/src/log/embedded/synced.test.ts'],
    mistakes: [
      ['constants.O_RDWR | constants.O_CREAT | constants.O_DSYNC)', 'constants.O_RDWR | constants.O_CREAT)'],
    ],
  },
  'log/embedded/rewrite-segment.ts': {
    tests: ['ingest-server/src/log/embedded/synced.test.ts'],
    mistakes: [['      await syncFile(fd)\n', '']],
  },
  'log/embedded/segments.ts': {
    tests: ['ingest-server/src/log/embedded/synced.test.ts'],
    mistakes: [['      await syncFolder(dir)\n', '']],
  },
  'log/embedded/frame.ts': {
    tests: ['ingest-server/src/log/embedded/frame.test.ts', 'ingest-server/src/log/embedded/damage.test.ts'],
    mistakes: [
      ["  if (bytes.toString('latin1', headerEnd, rowsStart) !== expected) return 'broken'\n", ''],
      ["  if (line.toString('latin1', textEnd) !== expected) return undefined\n", ''],
      ["  if (end - start > maxReadableBytes) return 'broken'\n", ''],
    ],
  },
  'log/embedded/folder-lock.ts': {
    tests: ['ingest-server/src/log/embedded/folder-lock.test.ts'],
    mistakes: [
      ['const exclusiveWithoutWaiting = 2 | 4', 'const exclusiveWithoutWaiting = 1 | 4'],
      ["host === hostname() ? '' : ` on ${host}`", "''"],
    ],
  },
  'log/append-queue.ts': {
    tests: ['ingest-server/src/log/append-queue.test.ts'],
    mistakes: [
      ['if (inFlightBytes + bytes > maxInFlightBytes)', 'if (false)'],
      ['for (const waiter of writing) inFlightBytes -= waiter.bytes\n', '\n'],
      ['if (count > 0 && bytes + waiter.bytes > maxGroupBytes) break', ''],
      [
        '        for (const waiter of writing) settle(waiter, error)\n',
        '        for (const waiter of writing) settle(waiter)\n',
      ],
      ['while (loop !== undefined) await loop', ''],
    ],
  },
  'log/scrub.ts': {
    tests: ['ingest-server/src/log', 'ingest-server/src/collect/trust'],
    mistakes: [
      ["  if (verdictOfRow(clean, judge) !== 'mentions') return clean\n", '  return clean\n'],
      ["...(isEmailGone && { email: '' }),", ''],
    ],
  },
  'erasure/proofs.ts': {
    tests: ['ingest-server/test/tenants.test.ts'],
    isBuilt: true,
    mistakes: [
      ['erasure.project === project && erasure.erasureId', 'erasure.erasureId'],
      ['erasure.project === project &&\n      (person', '(person'],
    ],
  },
  'erasure/until-received.ts': {
    tests: ['ingest-server/src/erasure/erasing.long.test.ts'],
    mistakes: [
      ['latestMs < nowMs ? nowMs : latestMs + followsWithinMs', 'nowMs'],
      [
        '(SELECT max(received_at) FROM events WHERE project = {project: String})',
        "toDateTime64(0, 3, 'UTC')",
      ],
    ],
  },
  'erasure/erase-log.ts': {
    tests: ['ingest-server/src/erasure/erase-log.test.ts'],
    mistakes: [
      ["  if (row.project !== project) return 'other'\n", ''],
      ["    return isAboutErased(text, Date.now(), judge) ? 'theirs' : 'other'\n", "    return 'theirs'\n"],
    ],
  },
  'http/operator.ts': {
    tests: ['ingest-server/src/http/operator.test.ts'],
    mistakes: [
      ['    isLoopback(hostOf(headers.host)) &&\n', ''],
      ['forwarding.every((name) => headers[name] === undefined)', 'true'],
      ['!isBehindProxy &&', ''],
      ['    isLoopback(socket.remoteAddress) &&\n', ''],
      [
        'timingSafeEqual(sha256(bearerOf(headers.authorization)), wanted)',
        'headers.authorization !== undefined',
      ],
    ],
  },
  'http/explorer/tries.ts': {
    tests: ['ingest-server/src/http/explorer'],
    mistakes: [
      ['if (recent.length >= mostWrong)', 'if (false)'],
      ['.filter((time) => at - time < withinMs)', ''],
    ],
  },
  'timeline/traits.ts': {
    tests: [
      'ingest-server/src/timeline/traits.test.ts',
      'ingest-server/src/api/people/people-routes.test.ts',
    ],
    mistakes: [
      ['withoutNullLike(parseExact(one.value))', 'parseExact(one.value)'],
      ['holding.identifier === identifier && isWithin(holding, at)', 'holding.identifier === identifier'],
      ['known?.said.verified === one.verified ? known.told : 0', 'known?.told ?? 0'],
      ['if (known === undefined || isReceivedBefore(one, known))', 'if (known === undefined)'],
      [
        'identifier IN {identifiers: Array(String)}\n  AND received_at <= {until:',
        'identifier IN {identifiers: Array(String)}\n  AND received_at != {until:',
      ],
    ],
  },
  'timeline/as-of.ts': {
    tests: ['ingest-server/src/api/people/people-routes.test.ts'],
    mistakes: [
      ['const asOf = new Date(asOfMs).toISOString()', "const asOf = '2299-12-31T00:00:00.000Z'"],
      ['accounts.some(({ account }) => account === id)', 'accounts.length > 0'],
    ],
  },
  'timeline/cursor.ts': {
    tests: ['ingest-server/src/timeline/cursor.test.ts'],
    mistakes: [['z.number().int().min(earliestMs).max(latestMs)', 'z.number()']],
  },
  'timeline/export.ts': {
    tests: ['ingest-server/src/api/people/people-routes.test.ts', 'ingest-server/src/api/re-sent.test.ts'],
    mistakes: [
      [
        'if (isTheirs(row.subject, row) && !isLaterCopy(row.subject, row))',
        'if (!isLaterCopy(row.subject, row))',
      ],
      [
        'if (isTheirs(row.subject, row) && !isLaterCopy(row.subject, row))\n ',
        'if (isTheirs(row.subject, row))\n ',
      ],
      ['for (const row of rows) if (isTheirs(row.identifier, row)) yield', 'for (const row of rows) yield'],
    ],
  },
  'timeline/page.ts': {
    tests: ['ingest-server/src/timeline/page.test.ts', 'ingest-server/src/api/routes.test.ts'],
    mistakes: [
      ['scope.placed(rows).filter(({ row }) => query.withBots || !row.isBot)', 'scope.placed(rows)'],
      [
        'scope.isShown(listing.accountsOf(item)) && isListed(item, query, listing)',
        'isListed(item, query, listing)',
      ],
    ],
  },
  'timeline/listing.ts': {
    tests: ['ingest-server/src/timeline/page.test.ts', 'ingest-server/src/api/routes.test.ts'],
    mistakes: [['position.at < from || position.at >= to || ', '']],
  },
  'timeline/window.ts': {
    tests: ['ingest-server/src/timeline/page.test.ts', 'ingest-server/src/api/re-sent.test.ts'],
    mistakes: [
      ['return at >= low && at < high && isShown &&', 'return isShown &&'],
      ['return at >= low && at < high && isShown && isListed', 'return at >= low && at < high && isListed'],
      ['[...rows.filter(({ messageId }) => !repeated.has(messageId)), ...copies]', '[...rows]'],
    ],
  },
  'timeline/single-events.ts': {
    tests: ['ingest-server/src/api/people/people-routes.test.ts', 'ingest-server/src/api/routes.test.ts'],
    mistakes: [['state?.owners.find((interval) => isWithin(interval, full.at))', 'state?.owners[0]']],
  },
  'timeline/identifiers.ts': {
    tests: ['ingest-server/src/timeline/identifiers.test.ts', 'ingest-server/src/api/literal-ids.test.ts'],
    mistakes: [
      ['[user, emailIdentifier(email)]', '[emailIdentifier(email), user]'],
      ['[user] : [user, ...identifiersOf(id)]', '[user] : [...identifiersOf(id), user]'],
    ],
  },
  'touchpoints/scope.ts': {
    tests: ['ingest-server/src/timeline/page.test.ts', 'ingest-server/src/timeline/views.test.ts'],
    mistakes: [
      ["if (event.groupId !== '' && event.type !== 'group') return [event.groupId]", ''],
      [
        '?.find(({ holding }) => isWithin(holding, event.at))\n    return held &&',
        '?.[0]\n    return held &&',
      ],
    ],
  },
  'clickhouse/query-errors.ts': {
    tests: ['ingest-server/src/clickhouse/query.test.ts'],
    mistakes: [["  '745', //", "  '7450', //"]],
  },
}

/** Whatever is read is read of one project: each place where a reading file says so. */
const readingFolders = ['timeline', 'touchpoints', 'api', 'identity']
const notRead =
  /\.test\.ts$|^identity\/(?:facts\/facts|upkeep\/derived-tables|capped-links|upkeep\/stitcher)\.ts$|^touchpoints\/(?:upkeep\/(?:tables|upkeep|reform|sweep)|first-copies)\.ts$/
const ofProject = 'project = {project: String}'

function tenancy() {
  return readingFolders
    .flatMap((folder) =>
      readdirSync(sources + folder, { recursive: true }).map((name) => `${folder}/${name}`),
    )
    .filter((file) => file.endsWith('.ts') && !notRead.test(file))
    .flatMap((file) => {
      const text = readFileSync(sources + file, 'utf8')
      return placesOf(text, ofProject).map((from) => ({
        folder: 'tenancy',
        file,
        text,
        from,
        to: from.replace(ofProject, 'true'),
        tests: ['ingest-server/test/tenants.test.ts'],
        isBuilt: true,
      }))
    })
}

/** Each occurrence with as much of what stands before it as makes it one of a kind. */
function placesOf(text, what) {
  const places = []
  for (let at = text.indexOf(what); at !== -1; at = text.indexOf(what, at + 1)) {
    let start = at
    while (start > 0 && text.split(text.slice(start, at + what.length)).length !== 2) start -= 1
    places.push(text.slice(start, at + what.length))
  }
  return places
}

export function mutations() {
  const hand = Object.entries(byHand).flatMap(([file, { tests, mistakes, isBuilt = false }]) => {
    const text = readFileSync(sources + file, 'utf8')
    const folder = file.slice(0, file.indexOf('/'))
    return mistakes.map(([from, to]) => ({ folder, file, text, from, to, tests, isBuilt }))
  })
  return [...hand, ...tenancy()]
}
