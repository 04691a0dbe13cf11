/**
 * What a timeline shows. An importer or a server says which kind its event is in
 * `context.touchpoint = { kind, channel, source }`; without it a track is an `action`.
 */
export const importedKinds = ['offline', 'email', 'ad', 'crm'] as const
export const touchpointKinds = ['visit', 'action', 'identified', 'joined_account', ...importedKinds] as const
export type ImportedKind = (typeof importedKinds)[number]
export type TouchpointKind = (typeof touchpointKinds)[number]
