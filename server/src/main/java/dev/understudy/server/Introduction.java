// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.wire.Bytes;

/** What a client has said of itself, by CLIENT SETNAME, SETINFO, NO-EVICT or HELLO; CLIENT LIST repeats it. */
public final class Introduction {
    private Bytes name = new Bytes();
    private String libraryName = "";
    private String libraryVersion = "";
    private boolean noEvict;

    /** Empty if it has given none. */
    public Bytes name() {
        return name;
    }

    public void name(Bytes newName) {
        name = newName.copy();
    }

    public String libraryName() {
        return libraryName;
    }

    public String libraryVersion() {
        return libraryVersion;
    }

    public void library(String newName, String newVersion) {
        libraryName = newName;
        libraryVersion = newVersion;
    }

    /** Bytes that the server keeps of it. */
    int bytes() {
        return name.length + libraryName.length() + libraryVersion.length();
    }

    public boolean noEvict() {
        return noEvict;
    }

    public void noEvict(boolean on) {
        noEvict = on;
    }
}
