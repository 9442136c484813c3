// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

/** What INFO tells of the process and the machine; the simulation has none. On the command loop. */
public interface HostFacts {
    /** Nothing known: for simulated servers, whose output must not depend on the machine. */
    HostFacts UNKNOWN = new HostFacts() {};

    /** CPU seconds spent in the kernel and in user code. */
    record CpuSeconds(double system, double user) {
        static final CpuSeconds NONE = new CpuSeconds(0, 0);
    }

    /** Resident bytes of the process, 0 if unknown. */
    default long residentBytes() {
        return 0;
    }

    /** Bytes of the machine's memory, 0 if unknown. */
    default long totalMemoryBytes() {
        return 0;
    }

    /** All threads together. */
    default CpuSeconds process() {
        return CpuSeconds.NONE;
    }

    /** The calling thread, that is the loop. */
    default CpuSeconds thread() {
        return CpuSeconds.NONE;
    }

    /** {@code Linux 6.1.0 x86_64}. */
    default String system() {
        return "";
    }

    /** Path of the program, empty if unknown. */
    default String executable() {
        return "";
    }
}
