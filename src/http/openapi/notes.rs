//! What the description says of every operation of one kind.

/// What every `PATCH` takes.
const MERGE_PATCH: &str = "JSON Merge Patch (RFC 7396): an absent member stays as it is, `null` gives a member its default.";

/// `fresh` says when the password must have been given lately, if ever.
pub(super) fn of(method: &str, fresh: Option<&str>) -> Option<String> {
    let merge = (method == "patch").then(|| MERGE_PATCH.to_owned());
    let fresh = fresh.map(|condition| {
        format!(
            "Requires a password confirmed in the last ten minutes{condition}; otherwise 403 `password_required`. A \
             session gives it with `PUT /session`; a user's access token says it in `auth_time`."
        )
    });
    let notes: Vec<_> = merge.into_iter().chain(fresh).collect();
    (!notes.is_empty()).then(|| notes.join(" "))
}
