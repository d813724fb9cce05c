/**
 * The types of the API. Generated from the CRDs in this folder by dev/generate.ts: don't edit.
 *
 * They describe objects as the API server returns them: a field with a default is always there.
 */

/**
 * Any object of the API, told apart by its kind.
 */
export type RoleMappingObject = Organization | OktaRoleMapping | OrganizationUser | OktaHints;

/**
 * A tenant: one Okta connection, one catalogue of roles, one login URI. People sign in with Okta at status.loginURI, and the OktaRoleMappings that refer to this organization decide which of its roles they hold.
 */
export interface Organization {
  apiVersion: "rolemapping.dev/v1alpha1";
  kind: "Organization";
  metadata: ObjectMeta;
  /**
   * What is wanted. Written by people.
   */
  spec: OrganizationSpec;
  /**
   * What was found. Written by the operator and the login webhook.
   */
  status?: OrganizationStatus;
}
/**
 * Name, namespace, labels and what else every Kubernetes object carries.
 */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: {
    [k: string]: string;
  };
  annotations?: {
    [k: string]: string;
  };
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
}
/**
 * The object that this one belongs to, and is deleted with.
 */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}
/**
 * What is wanted. Written by people.
 */
export interface OrganizationSpec {
  /**
   * The name that people see when they sign in, as in Acme.
   */
  displayName: string;
  /**
   * The last part of the login URI: acme for https://login.example.com/login/acme. Small letters, digits and hyphens. It is unique among the watched namespaces: whoever has it keeps it, also while the object is deleted and made again, and of two new organizations the older one gets it. The condition LoginPathAccepted of the other one says whose it is.
   */
  loginPath: string;
  /**
   * The connection with Okta.
   */
  okta: OktaConnection;
  /**
   * The catalogue: every role that there is in this organization. A role that mappings still name can be taken out: nobody gets it by them from then on, and their conditions say so. What people have written into the spec of a local user stays.
   *
   * Items: One role.
   */
  roles: Role[];
  /**
   * How long people stay signed in.
   */
  sessions: SessionSettings;
  /**
   * What keeps a mistake in Okta or in a mapping from locking out many people at once.
   */
  safeguards: Safeguards;
  /**
   * What the organization's admins may do on the login webhook's pages.
   */
  console?: ConsoleSettings;
}
/**
 * The connection with Okta.
 */
export interface OktaConnection {
  /**
   * The issuer of the authorization server, exactly as in its metadata: https://acme.okta.com for the org authorization server, https://acme.okta.com/oauth2/default for a custom one. Its host has to be at a public address, unless whoever runs the operator allows others, and on the list of hosts where there is one. Plain http is accepted for loopback hosts only (localhost, 127.0.0.1, [::1]), where these are allowed.
   */
  issuer: string;
  /**
   * The client ID of the OIDC web application in Okta, as in 0oa1gjh63g214q0Hq0g4. Its sign-in redirect URI has to be status.callbackURI.
   */
  clientID: string;
  /**
   * Where the application's client secret is stored: for an app whose client authentication in Okta is Client secret. Secrets are only ever named, never written here.
   */
  clientSecretRef?: SecretKeyRef;
  /**
   * Where the private key is stored with which the application proves who it is (private_key_jwt): for an app whose client authentication in Okta is Public key / Private key. PEM, a JWK, or for the time of a rotation several PEM blocks or a JWK set: the first signs, and where Okta doesn't accept that, the next.
   */
  privateKeyRef?: SecretKeyRef;
  /**
   * True for an app whose client authentication in Okta is None: there is no secret, and PKCE alone proves that whoever redeems a code is who asked for it. A secret or a key is the better choice.
   */
  publicClient?: boolean;
  /**
   * The scopes to ask for at sign-in. openid is always sent. The org authorization server sends groups only where the groups scope is asked for; a custom one refuses a scope that it doesn't have, so leave groups out there unless you made it.
   *
   * Items: One scope.
   */
  scopes: string[];
  /**
   * The names of the claims to read, in the ID token or at the userinfo endpoint.
   */
  claims: ClaimNames;
  /**
   * Okta's own API on users and groups: what changes there is noticed without a sign-in, the groups of mappings are looked up there, and a claim that is missing or may have been cut short is read from it. The condition DirectorySynced says how soon a change in Okta is in force.
   */
  directory?: OktaDirectory;
  /**
   * The event hook by which Okta tells of changes as they happen. Without one, they are known by what is asked every directory.pollInterval. It posts to status.eventHookURI.
   */
  eventHook?: OktaEventHook;
}
export interface SecretKeyRef {
  /**
   * The name of a Secret in the same namespace.
   */
  name: string;
  /**
   * The key in that Secret.
   */
  key: string;
}
/**
 * The names of the claims to read, in the ID token or at the userinfo endpoint.
 */
export interface ClaimNames {
  /**
   * The claim with the names of the person's groups. It has to be a list.
   */
  groups: string;
  /**
   * The claim with the email address.
   */
  email: string;
  /**
   * The claim with the person's full name.
   */
  name: string;
}
/**
 * Okta's own API on users and groups: what changes there is noticed without a sign-in, the groups of mappings are looked up there, and a claim that is missing or may have been cut short is read from it. The condition DirectorySynced says how soon a change in Okta is in force.
 */
export interface OktaDirectory {
  /**
   * The address of the Okta organization without a path, as in https://acme.okta.com. What holds of the issuer's host holds of this one.
   */
  url: string;
  /**
   * The client ID of the API service app in Okta. It needs the scopes okta.groups.read, okta.users.read and okta.logs.read, and an admin role that may see users, groups and the system log.
   */
  clientID?: string;
  /**
   * Where the service app's private key is stored: PEM, a JWK, or several for the time of a rotation, as in okta.privateKeyRef. Preferred over an API token: it can only do what its scopes allow, and it outlives the person who made it.
   */
  privateKeyRef?: SecretKeyRef;
  /**
   * Where an Okta API token (SSWS) is stored. It may do whatever the person may do who made it, and it ends with their account.
   */
  apiTokenRef?: SecretKeyRef;
  /**
   * When people get their accounts. OnLogin: when they sign in for the first time. BeforeLogin: as soon as they are in a mapped group; at their first sign-in they are known by Okta's user ID, which is the subject of Okta's ID tokens.
   */
  provision: "OnLogin" | "BeforeLogin";
  /**
   * How often Okta is asked what has changed, by its system log: at worst, a change is known after this time. At least 10s and at most 1h.
   */
  pollInterval: string;
  /**
   * How often the members of all mapped groups are read, whatever Okta has said of changes. Also now, by the annotation rolemapping.dev/sync with any new value. At least 10m and at most 168h (7 days).
   */
  fullSyncInterval: string;
}
/**
 * The event hook by which Okta tells of changes as they happen. Without one, they are known by what is asked every directory.pollInterval. It posts to status.eventHookURI.
 */
export interface OktaEventHook {
  /**
   * Where the secret is stored that Okta sends in the header Authorization.
   */
  secretRef: SecretKeyRef;
  /**
   * For the time of a rotation: where the secret is stored that Okta may still send.
   */
  previousSecretRef?: SecretKeyRef;
}
/**
 * One role.
 */
export interface Role {
  /**
   * The name that mappings use, as in service-admin. Small letters, digits and hyphens.
   */
  name: string;
  /**
   * The name that people see, as in Service Admin.
   */
  displayName: string;
  /**
   * What the role permits, in a sentence or two.
   */
  description?: string;
  /**
   * Whether the role administers the organization: applications are told so, and a local account that holds it never becomes an Okta account. False when left out.
   */
  admin?: boolean;
}
/**
 * How long people stay signed in.
 */
export interface SessionSettings {
  /**
   * After this time people sign in again, whatever they did in between. Hours, minutes and seconds, in this order, as in 12h or 1h30m; at least 1m and at most 168h (7 days). A deactivated account's sessions end at once, whatever stands here. When it is made shorter, the sessions that are older end at once, and they stay ended when it is made longer again.
   */
  maxAge: string;
}
/**
 * What keeps a mistake in Okta or in a mapping from locking out many people at once.
 */
export interface Safeguards {
  /**
   * What would deactivate more than this many of the active users within 24 hours is held until somebody approves it: changed mappings, groups that are no longer received from Okta, and another issuer, in sum. A share, as in 20%, or a number of users, as in 10; 100% holds nothing. Local accounts aren't counted. Fewer than five users are never held. The condition DeactivationsWithinLimit counts what is held and says how to approve it.
   */
  maxDeactivations: number | string;
}
/**
 * What the organization's admins may do on the login webhook's pages.
 */
export interface ConsoleSettings {
  /**
   * Whether they may save the groups of a role on the page Role Mapping: into one OktaRoleMapping for each role, named ORGANIZATION.ROLE. Whoever holds an admin role can then give every role of this organization to any group of Okta. Mappings that others have written stay theirs. Needs the chart's value console.editMappings.
   */
  editMappings: boolean;
}
/**
 * What was found. Written by the operator and the login webhook.
 */
export interface OrganizationStatus {
  /**
   * The metadata.generation that this status describes. -1: nobody has looked at the object yet.
   */
  observedGeneration?: number;
  /**
   * The release that keeps this organization with its mappings and users, by its Lease as in okta-role-operator/okta-role-operator. Another release that watches the same namespace leaves them alone, unless this one seems to be gone.
   */
  controller?: string;
  /**
   * Where people of this organization sign in. Absent while it has no login path.
   */
  loginURI?: string;
  /**
   * Where Okta sends people back to: the sign-in redirect URI of the application in Okta.
   */
  callbackURI?: string;
  /**
   * Where Okta's event hook posts to. Absent while spec.okta.eventHook isn't set.
   */
  eventHookURI?: string;
  /**
   * What is known of Okta's directory, where there is one.
   */
  directory?: DirectoryStatus;
  /**
   * How many accounts there are.
   */
  users?: OrganizationUserCounts;
  /**
   * Which sessions have ended for good.
   */
  sessions?: SessionsStatus;
  /**
   * When deactivations that somebody had approved were carried out. What was deactivated up to this time no longer counts towards safeguards.maxDeactivations.
   */
  deactivationsSettledTime?: string;
  /**
   * The evidence that Okta is set up to send the groups claim: the last issuer and client that sent it. With it, a sign-in without the claim means no groups; without it, it means that the claim isn't set up.
   */
  groupsClaim?: GroupsClaimEvidence;
  /**
   * What the condition GroupsClaimReceived is about: of another issuer, client or claim it says nothing.
   */
  groupsClaimChecked?: GroupsClaimSource;
  /**
   * The checks, one by one: Ready (all of them together), LoginPathAccepted, CredentialsResolved, IssuerDiscovered, GroupsClaimReceived (written by the login webhook), DirectoryReachable, DirectorySynced, EventHookVerified and DeactivationsWithinLimit. Beside them Reconciling, only while Okta is being asked, Stalled, only where the spec can't work, and Contested, only while another release has lately taken the organization over and it was taken back.
   *
   * Items: One check and its outcome.
   */
  conditions?: Condition[];
}
/**
 * What is known of Okta's directory, where there is one.
 */
export interface DirectoryStatus {
  /**
   * When the members of all mapped groups were last read, all of them.
   */
  lastFullSyncTime?: string;
  /**
   * The annotation rolemapping.dev/sync as it was then; of more than 253 characters, their SHA-256.
   */
  lastFullSyncRequest?: string;
  /**
   * The okta.issuer of then. Of another one nothing has been read.
   */
  lastFullSyncIssuer?: string;
  /**
   * The okta.directory.provision of then. Where people get their accounts before they sign in, but didn't then, everything is read again.
   */
  lastFullSyncProvision?: string;
  /**
   * When Okta last said that something had changed that concerns this organization.
   */
  lastChangeTime?: string;
  /**
   * How long the last changes took from the time that Okta names to being in force here, as measured.
   */
  delay?: SyncDelay;
}
/**
 * How long the last changes took from the time that Okta names to being in force here, as measured.
 */
export interface SyncDelay {
  /**
   * Half of them took no longer, as in 0.4s.
   */
  p50: string;
  /**
   * All but one in a hundred took no longer.
   */
  p99: string;
}
/**
 * How many accounts there are.
 */
export interface OrganizationUserCounts {
  /**
   * All accounts, the deactivated ones included.
   */
  registered: number;
  /**
   * The accounts that can sign in now.
   */
  active: number;
}
/**
 * Which sessions have ended for good.
 */
export interface SessionsStatus {
  /**
   * The spec.sessions.maxAge that endedBefore takes into account: when it is shown here, what it has ended stays ended.
   */
  maxAge: string;
  /**
   * Sessions that began earlier have ended, whatever spec.sessions.maxAge says by now. It goes forward whenever that changes, to the time before which sessions were too old for the shorter of the two. Where a clock was ahead, it may be in the future: whoever has signed in since it was set isn't ended by it.
   */
  endedBefore?: string;
}
/**
 * The evidence that Okta is set up to send the groups claim: the last issuer and client that sent it. With it, a sign-in without the claim means no groups; without it, it means that the claim isn't set up.
 */
export interface GroupsClaimEvidence {
  /**
   * The issuer that sent the claim.
   */
  issuer: string;
  /**
   * The client that received it.
   */
  clientID: string;
  /**
   * The name of the claim.
   */
  claim: string;
  /**
   * When the claim was first received from this issuer and client.
   */
  receivedTime: string;
}
/**
 * What the condition GroupsClaimReceived is about: of another issuer, client or claim it says nothing.
 */
export interface GroupsClaimSource {
  /**
   * The issuer that signed somebody in.
   */
  issuer: string;
  /**
   * The client that they signed in to.
   */
  clientID: string;
  /**
   * The name of the claim.
   */
  claim: string;
}
/**
 * One check and its outcome.
 */
export interface Condition {
  /**
   * What was checked, as in Ready.
   */
  type: string;
  /**
   * The outcome: True, False, or Unknown where it could not be checked.
   */
  status: "True" | "False" | "Unknown";
  /**
   * Why, in one word for programs.
   */
  reason: string;
  /**
   * Why, and what to do, in a sentence for people.
   */
  message: string;
  /**
   * The metadata.generation that was checked.
   */
  observedGeneration?: number;
  /**
   * When the status last changed from one value to another.
   */
  lastTransitionTime: string;
}
/**
 * People in these Okta groups hold these roles. Somebody in several mapped groups holds the roles of all of them together; order never matters.
 */
export interface OktaRoleMapping {
  apiVersion: "rolemapping.dev/v1alpha1";
  kind: "OktaRoleMapping";
  metadata: ObjectMeta;
  /**
   * What is wanted. Written by people.
   */
  spec: OktaRoleMappingSpec;
  /**
   * What was found. Written by the operator and the login webhook.
   */
  status?: OktaRoleMappingStatus;
}
/**
 * What is wanted. Written by people.
 */
export interface OktaRoleMappingSpec {
  /**
   * The organization whose roles are given, by its name in the same namespace.
   */
  organizationRef: OrganizationRef;
  /**
   * The Okta groups. Whoever is in one of them or more holds the roles below.
   *
   * Items: One Okta group, by its name or by its id.
   */
  groups: MappedGroup[];
  /**
   * The roles, by their names in the organization's catalogue (spec.roles of the Organization).
   *
   * Items: The name of a role.
   */
  roles: string[];
}
export interface OrganizationRef {
  /**
   * The metadata.name of an Organization in the same namespace.
   */
  name: string;
}
/**
 * One Okta group, by its name or by its id.
 */
export interface MappedGroup {
  /**
   * The group's name, exactly as in Okta: capital and small letters differ. A group that is renamed in Okta is no longer found by its old name; by its id it is.
   */
  name?: string;
  /**
   * The group's id in Okta, as in 00g1emaKYZTWRYYRRTSK. It survives a rename, and tells apart two groups of the same name. Needs the organization's directory, since a sign-in brings names only.
   */
  id?: string;
}
/**
 * What was found. Written by the operator and the login webhook.
 */
export interface OktaRoleMappingStatus {
  /**
   * The metadata.generation that this status describes. -1: nobody has looked at the object yet.
   */
  observedGeneration?: number;
  /**
   * What kubectl get shows of the spec. The whole of it stands in spec.groups and spec.roles.
   */
  summary?: MappingSummary;
  /**
   * The groups as the directory knows them, in the order of spec.groups. Empty without a directory.
   *
   * Items: One group.
   */
  groups?: ResolvedGroup[];
  /**
   * Whom the mapping concerns.
   */
  users?: OktaRoleMappingUserCounts;
  /**
   * What has come of the spec since it was last changed. Everybody counts who has come to hold something through this mapping since then or has ceased to, whatever by: the change itself, a sign-in or a change in Okta; who has done so several times counts as often.
   */
  lastChange?: MappingChange;
  /**
   * The checks, one by one: Ready (all of them together), OrganizationResolved, RolesResolved, GroupsResolved (Unknown without a directory) and UsersProvisioned (written by the login webhook after a sign-in that this mapping concerned). Beside them Reconciling, only while Okta is being asked, and Stalled, only where the spec can't work.
   *
   * Items: One check and its outcome.
   */
  conditions?: Condition[];
}
/**
 * What kubectl get shows of the spec. The whole of it stands in spec.groups and spec.roles.
 */
export interface MappingSummary {
  /**
   * The first of the groups and how many more there are, as in service_admin, portal_admin +3. A group that is mapped by id is shown by its name where the directory has told it. What a terminal can't show is replaced.
   */
  groups: string;
  /**
   * The first of the roles and how many more there are, in the same way.
   */
  roles: string;
}
/**
 * One group.
 */
export interface ResolvedGroup {
  /**
   * Its name in Okta.
   */
  name?: string;
  /**
   * Its id in Okta.
   */
  id?: string;
  /**
   * The names that it had before, the latest first (groups that are mapped by id). Who signed in under one of them keeps what they hold until their next sign-in.
   *
   * Items: A former name.
   */
  formerNames?: string[];
  /**
   * How many people are in it.
   */
  members?: number;
  /**
   * false: Okta doesn't show it to the directory's credentials, and doesn't say either that it was deleted. Who is in it as far as is known keeps what it gives.
   */
  shown?: boolean;
}
/**
 * Whom the mapping concerns.
 */
export interface OktaRoleMappingUserCounts {
  /**
   * How many active users hold a role through this mapping.
   */
  assigned: number;
}
/**
 * What has come of the spec since it was last changed. Everybody counts who has come to hold something through this mapping since then or has ceased to, whatever by: the change itself, a sign-in or a change in Okta; who has done so several times counts as often.
 */
export interface MappingChange {
  /**
   * The metadata.generation from which on it is counted.
   */
  generation: number;
  /**
   * When counting began, at the change of the spec.
   */
  time: string;
  /**
   * How many people have come to hold something through this mapping.
   */
  gained: number;
  /**
   * How many people have ceased to hold anything through it.
   */
  lost: number;
}
/**
 * One account in an organization. The spec is what Okta said of the person, the status what follows from it. Accounts with source Okta are made at the first sign-in and written by the operator and the login webhook only: to change what somebody holds, change their groups in Okta or an OktaRoleMapping. Accounts with source Local are written by people, for emergencies when Okta is out of reach; whoever may write them can make anybody an admin of the organization.
 */
export interface OrganizationUser {
  apiVersion: "rolemapping.dev/v1alpha1";
  kind: "OrganizationUser";
  metadata: ObjectMeta;
  /**
   * Who the person is, and what Okta last said of them.
   */
  spec: OrganizationUserSpec;
  /**
   * What follows from the spec, the mappings and the catalogue. Written by the operator and the login webhook.
   */
  status?: OrganizationUserStatus;
}
/**
 * Who the person is, and what Okta last said of them.
 */
export interface OrganizationUserSpec {
  /**
   * The organization that the account belongs to, by its name in the same namespace.
   */
  organizationRef: OrganizationRef;
  /**
   * Who decides on the account. Okta: groups in Okta and mappings do; written by the product only. Local: you do, in spec.roles. A local account that isn't an admin becomes an Okta account when somebody with the same verified email signs in with Okta; never the other way round.
   */
  source: "Okta" | "Local";
  /**
   * The email address. Required for local accounts; of Okta accounts, what Okta last said.
   */
  email?: string;
  /**
   * The person's full name, to be shown.
   */
  name?: string;
  /**
   * The issuer that vouches for the person (Okta accounts only). With subject it says who this is.
   */
  issuer?: string;
  /**
   * The person's id at that issuer, the claim sub (Okta accounts only).
   */
  subject?: string;
  /**
   * All groups that Okta last reported for the person (Okta accounts only), mapped or not.
   *
   * Items: One group.
   */
  groups?: OktaGroup[];
  /**
   * Where the groups come from (Okta accounts only). Claim: the groups claim of a sign-in. MissingClaim: a sign-in without the claim, from an Okta that has sent it before, which means no groups. Directory: Okta's API.
   */
  groupsFrom?: "Claim" | "MissingClaim" | "Directory";
  /**
   * The person's status in Okta, where the directory told it (Okta accounts only), as in ACTIVE or SUSPENDED. People who are SUSPENDED, DEPROVISIONED or STAGED have no access.
   */
  oktaStatus?: string;
  /**
   * The roles of a local account, by their names in the organization's catalogue (local accounts only).
   *
   * Items: The name of a role.
   */
  roles?: string[];
  /**
   * The ServiceAccount whose token signs this person in when Okta is out of reach (local accounts only): kubectl create token NAME --namespace NAMESPACE --audience LOGIN_URI, pasted at LOGIN_URI/local. Whoever may create tokens for it can be this person; tokens that are bound to a pod don't count.
   */
  serviceAccountName?: string;
  /**
   * The namespace of that ServiceAccount (local accounts only). Without it, the namespace where the login webhook runs. Kubernetes' built-in role edit may create tokens in its namespace: name one in which nobody holds it who must not be this person.
   */
  serviceAccountNamespace?: string;
}
/**
 * One group.
 */
export interface OktaGroup {
  /**
   * Its name in Okta. A claim brings names only.
   */
  name?: string;
  /**
   * Its id in Okta, where the directory told it.
   */
  id?: string;
}
/**
 * What follows from the spec, the mappings and the catalogue. Written by the operator and the login webhook.
 */
export interface OrganizationUserStatus {
  /**
   * The metadata.generation that this status describes. -1: nobody has looked at the object yet.
   */
  observedGeneration?: number;
  /**
   * Active: can sign in. Deactivated: kept, but can't sign in, and earlier sessions have ended. The condition Active says why.
   */
  state?: "Active" | "Deactivated";
  /**
   * What kubectl get shows of the account. The whole of it stands in spec.name, status.groups and status.roles.
   */
  summary?: OrganizationUserSummary;
  /**
   * Since when the account has had this state and these roles.
   */
  since?: string;
  /**
   * The names of those of the person's groups that a mapping names.
   *
   * Items: The name of a group.
   */
  groups?: string[];
  /**
   * The names of the roles that the person holds, each once.
   *
   * Items: The name of a role in the organization's catalogue.
   */
  roleNames?: string[];
  /**
   * What the person holds, and why: a role that comes from several groups is listed once for each.
   *
   * Items: One role, with its cause.
   */
  roles?: HeldRole[];
  /**
   * Goes up whenever all sessions of the person end: with each deactivation, with each new value of the annotation rolemapping.dev/end-sessions, and when the person has signed out more often than endedSessions holds. A session made under an earlier number is refused, even after the account is active again.
   */
  sessionEpoch: number;
  /**
   * The sessions that ended by a sign-out, by their ids, until an hour after they would have expired: a copy of such a session's cookie is refused.
   *
   * Items: One session.
   */
  endedSessions?: EndedSession[];
  /**
   * The value of the annotation rolemapping.dev/end-sessions for which all sessions of the person were ended last. The next value ends them once more.
   */
  sessionsEndedFor?: string;
  /**
   * What the sessions of a local account were begun by, when this was written: when the spec names another organization or service account, they end, and sessionEpoch goes up.
   */
  localSignIn?: LocalSignIn;
  /**
   * When the person last signed in.
   */
  lastLoginTime?: string;
  /**
   * The last sign-ins with Okta or as a local account, the newest first. They are written with what a sign-in changes, or else a minute later at the most.
   *
   * Items: One sign-in.
   */
  signIns?: NotedSignIn[];
  /**
   * The last changes of what the person may do, the newest first, each written together with the change itself. Where they are long, fewer are kept. It is for people who look at the account: the audit log is the whole record.
   *
   * Items: One change, with its cause.
   */
  history?: AccessChange[];
  /**
   * The checks, one by one. Ready (this status is up to date), and Active (why the account is active or not).
   *
   * Items: One check and its outcome.
   */
  conditions?: Condition[];
}
/**
 * What kubectl get shows of the account. The whole of it stands in spec.name, status.groups and status.roles.
 */
export interface OrganizationUserSummary {
  /**
   * The beginning of the person's name. What a terminal can't show is replaced.
   */
  name?: string;
  /**
   * The first of the person's groups that a mapping names and how many more there are, as in service_admin, portal_admin +3. What a terminal can't show is replaced.
   */
  groups: string;
  /**
   * The first of the roles that the person holds and how many more there are, in the same way.
   */
  roles: string;
  /**
   * The first of the mappings that give these roles and how many more there are, in the same way.
   */
  mappings?: string;
}
/**
 * One role, with its cause.
 */
export interface HeldRole {
  /**
   * The name of the role in the organization's catalogue.
   */
  name: string;
  /**
   * The OktaRoleMapping that gives it. Absent for local accounts.
   */
  mapping?: string;
  /**
   * The name of the group that brought the person into the mapping. Absent for local accounts.
   */
  group?: string;
  /**
   * The id of that group in Okta, where it was received: from the directory, not from a claim.
   */
  groupID?: string;
}
/**
 * One session.
 */
export interface EndedSession {
  /**
   * Its id, which stands in its cookie.
   */
  id: string;
  /**
   * When it would have expired.
   */
  expires: string;
}
/**
 * What the sessions of a local account were begun by, when this was written: when the spec names another organization or service account, they end, and sessionEpoch goes up.
 */
export interface LocalSignIn {
  /**
   * The name of the organization.
   */
  organization: string;
  /**
   * The service account that spec has named.
   */
  serviceAccountName?: string;
  /**
   * Its namespace, where spec has named one.
   */
  serviceAccountNamespace?: string;
}
/**
 * One sign-in.
 */
export interface NotedSignIn {
  /**
   * When it was.
   */
  time: string;
  /**
   * Admitted, or Refused: Okta has vouched for the person, and they were not let in.
   */
  outcome: "Admitted" | "Refused";
  /**
   * Why, in one word for programs.
   */
  reason: string;
}
/**
 * One change, with its cause.
 */
export interface AccessChange {
  /**
   * When it was written.
   */
  time: string;
  /**
   * What it has done, what matters most first. CausesChanged: the roles are the same, but other mappings or groups give them. Linked: a local account follows Okta from then on.
   *
   * Items: One outcome.
   */
  what: ("Deactivated" | "Activated" | "Linked" | "RolesChanged" | "CausesChanged" | "SessionsEnded")[];
  /**
   * What came, as many as there is room for: first the roles that the person did not hold before, each through one group.
   *
   * Items: One role, with its cause. What a terminal can't show of a name is replaced.
   */
  granted?: NamedRole[];
  /**
   * How many more came.
   */
  moreGranted?: number;
  /**
   * What went, in the same way.
   *
   * Items: One role, with its cause. What a terminal can't show of a name is replaced.
   */
  revoked?: NamedRole[];
  /**
   * How many more went.
   */
  moreRevoked?: number;
  /**
   * Why, in one word for programs, as in SignIn or MappingsChanged.
   */
  reason: string;
  /**
   * Why, in a sentence for people.
   */
  message: string;
}
/**
 * One role, with its cause. What a terminal can't show of a name is replaced.
 */
export interface NamedRole {
  /**
   * The name of the role.
   */
  name: string;
  /**
   * The OktaRoleMapping that gives it. Absent for local accounts.
   */
  mapping?: string;
  /**
   * The beginning of the group's name. Absent for local accounts.
   */
  group?: string;
}
/**
 * What has been heard of Okta and isn't looked at yet, for the Organization of the same name. Written by the login webhook, which notes an event before it answers, and by the operator, which looks in Okta and takes out what is done. A hint says no more than where to look. Nothing in here is for people to write.
 */
export interface OktaHints {
  apiVersion: "rolemapping.dev/v1alpha1";
  kind: "OktaHints";
  metadata: ObjectMeta;
  /**
   * What has been heard. Written by the login webhook and the operator.
   */
  spec: OktaHintsSpec;
}
/**
 * What has been heard. Written by the login webhook and the operator.
 */
export interface OktaHintsSpec {
  /**
   * People to look at again.
   *
   * Items: One of them, with what was said, by which it is known how long to look.
   */
  people?: PersonHint[];
  /**
   * Groups whose members are to be looked at again.
   *
   * Items: One of them.
   */
  groups?: GroupHint[];
  /**
   * That everything is to be looked at again, since too much has happened at once or something may have been missed.
   */
  everything?: EverythingHint;
  /**
   * What was heard of Okta's event hook.
   */
  eventHook?: EventHookHeard;
  /**
   * Up to where Okta's system log has been read.
   */
  logCursor?: string;
}
/**
 * One of them, with what was said, by which it is known how long to look.
 */
export interface PersonHint {
  /**
   * Okta's ID of the user.
   */
  id: string;
  /**
   * When that was heard, which tells it from what is heard later.
   */
  heardTime: string;
  /**
   * When it happened, by Okta's clock. The beginning of 1970 where no event tells of it, but it could not be looked at, read or stored when all were.
   */
  eventTime: string;
  /**
   * The IDs of groups that the person was added to.
   *
   * Items: One group.
   */
  joined?: string[];
  /**
   * The IDs of groups that the person was taken out of.
   *
   * Items: One group.
   */
  left?: string[];
  /**
   * Whether the person may sign in to Okta from then on.
   */
  active?: boolean;
  /**
   * When that was said, where it was before eventTime.
   */
  activeTime?: string;
  /**
   * Of which groups it was before eventTime that the person was added to or taken out of them.
   *
   * Items: One of these groups.
   */
  earlier?: EarlierChange[];
}
/**
 * One of these groups.
 */
export interface EarlierChange {
  /**
   * Okta's ID of the group.
   */
  id: string;
  /**
   * When that was, by Okta's clock.
   */
  time: string;
}
/**
 * One of them.
 */
export interface GroupHint {
  /**
   * Okta's ID of the group.
   */
  id: string;
  /**
   * What the group was called by then, where that was told.
   */
  name?: string;
  /**
   * When that was heard, which tells it from what is heard later.
   */
  heardTime: string;
  /**
   * When it happened, by Okta's clock. The beginning of 1970 where no event tells of it, but it could not be looked at, read or stored when all were.
   */
  eventTime: string;
}
/**
 * That everything is to be looked at again, since too much has happened at once or something may have been missed.
 */
export interface EverythingHint {
  /**
   * When that was heard, which tells it from what is heard later.
   */
  heardTime: string;
  /**
   * When the first of it happened, by Okta's clock.
   */
  eventTime: string;
}
/**
 * What was heard of Okta's event hook.
 */
export interface EventHookHeard {
  /**
   * When Okta verified it, or first called with the right secret, last after a wrong one.
   */
  verifiedTime?: string;
  /**
   * The login path that the organization had then, which is the end of the address that was called.
   */
  loginPath?: string;
  /**
   * When it last called, to a minute.
   */
  lastEventTime?: string;
  /**
   * When it was last called with a secret that isn't the right one, to a minute.
   */
  refusedTime?: string;
}
