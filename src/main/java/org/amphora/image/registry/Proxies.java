// SPDX-License-Identifier: Apache-2.0
package org.amphora.image.registry;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.util.Locale;
import java.util.Map;

/// The proxy that the environment names for an address: `http_proxy`, `https_proxy`, `no_proxy` and
/// their upper-case forms, as curl(1) and Go read them. This machine itself is never behind one.
final class Proxies {

    private Proxies() {}

    static Proxy of(URI address, Map<String, String> environment) {
        String host = host(address.getHost());
        if (host.equals("localhost") || host.startsWith("127.") || host.equals("::1")) {
            return Proxy.NO_PROXY;
        }
        String text = variable(environment, address.getScheme() + "_proxy");
        if (text.isEmpty()) {
            text = variable(environment, "all_proxy");
        }
        if (text.isEmpty() || isExcepted(host, address, variable(environment, "no_proxy"))) {
            return Proxy.NO_PROXY;
        }
        try {
            URI proxy = URI.create(text.contains("://") ? text : "http://" + text);
            boolean isSocks = proxy.getScheme().startsWith("socks");
            int port = proxy.getPort() > 0 ? proxy.getPort() : isSocks ? 1080 : 80;
            return proxy.getHost() == null
                    ? Proxy.NO_PROXY
                    : new Proxy(
                            isSocks ? Proxy.Type.SOCKS : Proxy.Type.HTTP,
                            InetSocketAddress.createUnresolved(host(proxy.getHost()), port));
        } catch (IllegalArgumentException e) {
            return Proxy.NO_PROXY;
        }
    }

    private static boolean isExcepted(String host, URI address, String list) {
        for (String item : list.split("[,\\s]+")) {
            String name = host(item.toLowerCase(Locale.ROOT));
            int colon = name.lastIndexOf(':');
            boolean hasPort = colon > 0 && name.indexOf(':') == colon;
            if (hasPort) {
                if (!name.substring(colon + 1).equals(String.valueOf(port(address)))) {
                    continue;
                }
                name = name.substring(0, colon);
            }
            String bare = name.startsWith("*.") ? name.substring(2) : name;
            bare = bare.startsWith(".") ? bare.substring(1) : bare;
            if (name.equals("*")
                    || !bare.isEmpty() && (host.equals(bare) || host.endsWith("." + bare))) {
                return true;
            }
        }
        return false;
    }

    private static int port(URI address) {
        return address.getPort() > 0
                ? address.getPort()
                : address.getScheme().equals("http") ? 80 : 443;
    }

    private static String host(String host) {
        String lower = host.toLowerCase(Locale.ROOT);
        return lower.startsWith("[") && lower.endsWith("]")
                ? lower.substring(1, lower.length() - 1)
                : lower;
    }

    private static String variable(Map<String, String> environment, String name) {
        String lower = environment.getOrDefault(name, "");
        return lower.isEmpty()
                ? environment.getOrDefault(name.toUpperCase(Locale.ROOT), "")
                : lower;
    }
}
