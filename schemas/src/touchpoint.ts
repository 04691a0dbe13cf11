/**
 * What a timeline shows. An importer or a server says which kind its event is in
 * `context.touchpoint = { kind, channel, source, direction }`; without it a track is an `action`. `direction` is
 * `inbound` or `outbound`; without it email, ad and crm are outbound.
 */
export const importedKinds = ['offline', 'email', 'ad', 'crm'] as const
export const touchpointKinds = ['visit', 'action', 'identified', 'joined_account', ...importedKinds] as const
export type ImportedKind = (typeof importedKinds)[number]
export type TouchpointKind = (typeof touchpointKinds)[number]
