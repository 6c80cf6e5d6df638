package io.zoetrope.cuda;

/** A device's compute capability, such as 8.0 (Ampere) or 9.0 (Hopper). */
public record ComputeCapability(int major, int minor) implements Comparable<ComputeCapability> {

    public boolean atLeast(int major, int minor) {
        return compareTo(new ComputeCapability(major, minor)) >= 0;
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
