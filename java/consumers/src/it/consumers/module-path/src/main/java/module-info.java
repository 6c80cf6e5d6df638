module modular {
    requires io.zoetrope;
}
