// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.registry;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// One challenge of a `WWW-Authenticate` header (RFC 9110 section 11.6.1).
///
/// @param scheme in lower case, `bearer` or `basic`
/// @param parameters by name in lower case
record Challenge(String scheme, Map<String, String> parameters) {

    /// The challenges of a header line; what cannot be understood is left out.
    static List<Challenge> parse(String header) {
        List<Challenge> challenges = new ArrayList<>();
        Map<String, String> parameters = new HashMap<>();
        int at = 0;
        while (true) {
            at = skip(header, at, " \t,");
            int end = token(header, at);
            if (end == at) {
                return challenges;
            }
            String word = header.substring(at, end).toLowerCase(Locale.ROOT);
            int next = skip(header, end, " \t");
            if (next < header.length() && header.charAt(next) == '=') {
                StringBuilder value = new StringBuilder();
                at = value(header, skip(header, next + 1, " \t"), value);
                parameters.put(word, value.toString());
            } else {
                parameters = new HashMap<>();
                challenges.add(new Challenge(word, parameters));
                at = end;
            }
        }
    }

    private static int value(String header, int from, StringBuilder value) {
        if (from >= header.length() || header.charAt(from) != '"') {
            int end = token(header, from);
            value.append(header, from, end);
            // token68 padding and the like
            return Math.max(end, Math.min(from + 1, header.length()));
        }
        int at = from + 1;
        while (at < header.length() && header.charAt(at) != '"') {
            if (header.charAt(at) == '\\' && at + 1 < header.length()) {
                at++;
            }
            value.append(header.charAt(at));
            at++;
        }
        return Math.min(at + 1, header.length());
    }

    private static int skip(String header, int from, String characters) {
        int at = from;
        while (at < header.length() && characters.indexOf(header.charAt(at)) >= 0) {
            at++;
        }
        return at;
    }

    private static int token(String header, int from) {
        int at = from;
        while (at < header.length() && " \t,=\"".indexOf(header.charAt(at)) < 0) {
            at++;
        }
        return at;
    }
}
