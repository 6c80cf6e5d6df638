package io.zoetrope.cuda;

/** A device's compute capability, such as 8.0 (Ampere) or 9.0 (Hopper). */
public record ComputeCapability(int major, int minor) implements Comparable<ComputeCapability> {

    public boolean atLeast(int otherMajor, int otherMinor) {
        return major != otherMajor ? major > otherMajor : minor >= otherMinor;
    }

    @Override
    public int compareTo(ComputeCapability other) {
        return major != other.major ? Integer.compare(major, other.major) : Integer.compare(minor, other.minor);
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
