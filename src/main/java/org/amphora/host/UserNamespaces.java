// SPDX-License-Identifier: Apache-2.0
package org.amphora.host;

import java.util.List;

/// Whether a user can make user namespaces here: tried, then explained.
///
/// @param works whether making a user and a mount namespace, and mounting in it, succeeded for the
///     one who probed; the source is the command
/// @param said what that command complained of
/// @param explanation one sentence: which setting forbids it, or what was seen; empty when it works
/// @param uid who probed; root may do what users may not
/// @param groups ids of the groups that the one who probed belongs to
/// @param maximum `user.max_user_namespaces`; 0 is off
/// @param maximumMounts `user.max_mnt_namespaces`
/// @param unprivilegedClone Debian's switch of old, `kernel.unprivileged_userns_clone`
/// @param apparmorRestricts Ubuntu's `kernel.apparmor_restrict_unprivileged_userns`
/// @param apparmorProfile the profile file that allows `userns` to the starter
/// @param chrooted whether the root directory is not the one of the mount namespace
/// @param subuids lines of /etc/subuid and /etc/subgid for the one who probed
/// @param newuidmap path of the set-uid helper
public record UserNamespaces(
        Fact<Boolean> works,
        String said,
        String explanation,
        Fact<Integer> uid,
        Fact<List<Integer>> groups,
        Fact<Long> maximum,
        Fact<Long> maximumMounts,
        Fact<Integer> unprivilegedClone,
        Fact<Integer> apparmorRestricts,
        Fact<String> apparmorProfile,
        Fact<Boolean> chrooted,
        Fact<List<String>> subuids,
        Fact<String> newuidmap) {

    public UserNamespaces {
        works = Fact.given(works);
        said = Given.text(said);
        explanation = Given.text(explanation);
        uid = Fact.given(uid);
        groups = Fact.given(groups);
        maximum = Fact.given(maximum);
        maximumMounts = Fact.given(maximumMounts);
        unprivilegedClone = Fact.given(unprivilegedClone);
        apparmorRestricts = Fact.given(apparmorRestricts);
        apparmorProfile = Fact.given(apparmorProfile);
        chrooted = Fact.given(chrooted);
        subuids = Fact.given(subuids);
        newuidmap = Fact.given(newuidmap);
    }
}
