//! Numeric replies, as a closed set. Their texts belong to whoever sends them.

macro_rules! numerics {
    ($($variant:ident $code:literal $name:literal $origin:literal;)*) => {
        /// A numeric reply or error.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum Numeric {
            $(#[doc = concat!("`", $name, "` (", $code, "), ", $origin, ".")] $variant = $code,)*
        }

        impl Numeric {
            /// Every numeric, in the order of the numbers.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name that the specifications use, such as `RPL_WELCOME`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

// "common use": met on several servers, written down at defs.ircdocs.horse and in no specification.
numerics! {
    RplWelcome 1 "RPL_WELCOME" "RFC 2812";
    RplYourHost 2 "RPL_YOURHOST" "RFC 2812";
    RplCreated 3 "RPL_CREATED" "RFC 2812";
    RplMyInfo 4 "RPL_MYINFO" "RFC 2812";
    RplIsupport 5 "RPL_ISUPPORT" "modern.ircdocs.horse";
    RplSnomask 8 "RPL_SNOMASK" "common use";
    RplBounce 10 "RPL_BOUNCE" "modern.ircdocs.horse";
    RplMap 15 "RPL_MAP" "common use";
    RplEndOfMap 17 "RPL_ENDOFMAP" "common use";
    RplTraceLink 200 "RPL_TRACELINK" "RFC 2812";
    RplTraceOperator 204 "RPL_TRACEOPERATOR" "RFC 2812";
    RplTraceUser 205 "RPL_TRACEUSER" "RFC 2812";
    RplTraceServer 206 "RPL_TRACESERVER" "RFC 2812";
    RplTraceNewType 208 "RPL_TRACENEWTYPE" "RFC 2812";
    RplStatsLinkInfo 211 "RPL_STATSLINKINFO" "RFC 2812";
    RplStatsCommands 212 "RPL_STATSCOMMANDS" "RFC 2812";
    RplStatsKLine 216 "RPL_STATSKLINE" "RFC 2812";
    RplEndOfStats 219 "RPL_ENDOFSTATS" "RFC 2812";
    RplUModeIs 221 "RPL_UMODEIS" "RFC 2812";
    RplStatsDLine 225 "RPL_STATSDLINE" "common use";
    RplServList 234 "RPL_SERVLIST" "RFC 2812";
    RplServListEnd 235 "RPL_SERVLISTEND" "RFC 2812";
    RplStatsUptime 242 "RPL_STATSUPTIME" "RFC 2812";
    RplStatsOLine 243 "RPL_STATSOLINE" "RFC 2812";
    RplLuserClient 251 "RPL_LUSERCLIENT" "RFC 2812";
    RplLuserOp 252 "RPL_LUSEROP" "RFC 2812";
    RplLuserUnknown 253 "RPL_LUSERUNKNOWN" "RFC 2812";
    RplLuserChannels 254 "RPL_LUSERCHANNELS" "RFC 2812";
    RplLuserMe 255 "RPL_LUSERME" "RFC 2812";
    RplAdminMe 256 "RPL_ADMINME" "RFC 2812";
    RplAdminLoc1 257 "RPL_ADMINLOC1" "RFC 2812";
    RplAdminLoc2 258 "RPL_ADMINLOC2" "RFC 2812";
    RplAdminEmail 259 "RPL_ADMINEMAIL" "RFC 2812";
    RplTraceLog 261 "RPL_TRACELOG" "RFC 2812";
    RplTraceEnd 262 "RPL_TRACEEND" "RFC 2812";
    RplTryAgain 263 "RPL_TRYAGAIN" "RFC 2812";
    RplLocalUsers 265 "RPL_LOCALUSERS" "modern.ircdocs.horse";
    RplGlobalUsers 266 "RPL_GLOBALUSERS" "modern.ircdocs.horse";
    RplSileList 271 "RPL_SILELIST" "common use";
    RplEndOfSileList 272 "RPL_ENDOFSILELIST" "common use";
    RplWhoisCertfp 276 "RPL_WHOISCERTFP" "modern.ircdocs.horse";
    RplNone 300 "RPL_NONE" "RFC 1459";
    RplAway 301 "RPL_AWAY" "RFC 2812";
    RplUserhost 302 "RPL_USERHOST" "RFC 2812";
    RplIson 303 "RPL_ISON" "RFC 2812";
    RplUnaway 305 "RPL_UNAWAY" "RFC 2812";
    RplNowAway 306 "RPL_NOWAWAY" "RFC 2812";
    RplWhoisRegNick 307 "RPL_WHOISREGNICK" "modern.ircdocs.horse";
    RplWhoisUser 311 "RPL_WHOISUSER" "RFC 2812";
    RplWhoisServer 312 "RPL_WHOISSERVER" "RFC 2812";
    RplWhoisOperator 313 "RPL_WHOISOPERATOR" "RFC 2812";
    RplWhowasUser 314 "RPL_WHOWASUSER" "RFC 2812";
    RplEndOfWho 315 "RPL_ENDOFWHO" "RFC 2812";
    RplWhoisIdle 317 "RPL_WHOISIDLE" "RFC 2812";
    RplEndOfWhois 318 "RPL_ENDOFWHOIS" "RFC 2812";
    RplWhoisChannels 319 "RPL_WHOISCHANNELS" "RFC 2812";
    RplWhoisSpecial 320 "RPL_WHOISSPECIAL" "modern.ircdocs.horse";
    RplListStart 321 "RPL_LISTSTART" "RFC 2812";
    RplList 322 "RPL_LIST" "RFC 2812";
    RplListEnd 323 "RPL_LISTEND" "RFC 2812";
    RplChannelModeIs 324 "RPL_CHANNELMODEIS" "RFC 2812";
    RplChannelUrl 328 "RPL_CHANNEL_URL" "common use";
    RplCreationTime 329 "RPL_CREATIONTIME" "modern.ircdocs.horse";
    RplWhoisAccount 330 "RPL_WHOISACCOUNT" "modern.ircdocs.horse";
    RplNoTopic 331 "RPL_NOTOPIC" "RFC 2812";
    RplTopic 332 "RPL_TOPIC" "RFC 2812";
    RplTopicWhoTime 333 "RPL_TOPICWHOTIME" "modern.ircdocs.horse";
    RplWhoisBot 335 "RPL_WHOISBOT" "IRCv3 bot-mode";
    RplInviteList 336 "RPL_INVITELIST" "modern.ircdocs.horse";
    RplEndOfInviteList 337 "RPL_ENDOFINVITELIST" "modern.ircdocs.horse";
    RplWhoisActually 338 "RPL_WHOISACTUALLY" "modern.ircdocs.horse";
    RplUserip 340 "RPL_USERIP" "common use";
    RplInviting 341 "RPL_INVITING" "RFC 2812";
    RplInvexList 346 "RPL_INVEXLIST" "modern.ircdocs.horse";
    RplEndOfInvexList 347 "RPL_ENDOFINVEXLIST" "modern.ircdocs.horse";
    RplExceptList 348 "RPL_EXCEPTLIST" "modern.ircdocs.horse";
    RplEndOfExceptList 349 "RPL_ENDOFEXCEPTLIST" "modern.ircdocs.horse";
    RplVersion 351 "RPL_VERSION" "RFC 2812";
    RplWhoReply 352 "RPL_WHOREPLY" "RFC 2812";
    RplNamReply 353 "RPL_NAMREPLY" "RFC 2812";
    RplWhoSpcRpl 354 "RPL_WHOSPCRPL" "IRCv3 whox";
    RplLinks 364 "RPL_LINKS" "RFC 2812";
    RplEndOfLinks 365 "RPL_ENDOFLINKS" "RFC 2812";
    RplEndOfNames 366 "RPL_ENDOFNAMES" "RFC 2812";
    RplBanList 367 "RPL_BANLIST" "RFC 2812";
    RplEndOfBanList 368 "RPL_ENDOFBANLIST" "RFC 2812";
    RplEndOfWhowas 369 "RPL_ENDOFWHOWAS" "RFC 2812";
    RplInfo 371 "RPL_INFO" "RFC 2812";
    RplMotd 372 "RPL_MOTD" "RFC 2812";
    RplEndOfInfo 374 "RPL_ENDOFINFO" "RFC 2812";
    RplMotdStart 375 "RPL_MOTDSTART" "RFC 2812";
    RplEndOfMotd 376 "RPL_ENDOFMOTD" "RFC 2812";
    RplWhoisHost 378 "RPL_WHOISHOST" "modern.ircdocs.horse";
    RplWhoisModes 379 "RPL_WHOISMODES" "modern.ircdocs.horse";
    RplYoureOper 381 "RPL_YOUREOPER" "RFC 2812";
    RplRehashing 382 "RPL_REHASHING" "RFC 2812";
    RplTime 391 "RPL_TIME" "RFC 2812";
    RplUsersStart 392 "RPL_USERSSTART" "RFC 2812";
    RplUsers 393 "RPL_USERS" "RFC 2812";
    RplEndOfUsers 394 "RPL_ENDOFUSERS" "RFC 2812";
    RplNoUsers 395 "RPL_NOUSERS" "RFC 2812";
    RplVisibleHost 396 "RPL_VISIBLEHOST" "common use";
    ErrUnknownError 400 "ERR_UNKNOWNERROR" "modern.ircdocs.horse";
    ErrNoSuchNick 401 "ERR_NOSUCHNICK" "RFC 2812";
    ErrNoSuchServer 402 "ERR_NOSUCHSERVER" "RFC 2812";
    ErrNoSuchChannel 403 "ERR_NOSUCHCHANNEL" "RFC 2812";
    ErrCannotSendToChan 404 "ERR_CANNOTSENDTOCHAN" "RFC 2812";
    ErrTooManyChannels 405 "ERR_TOOMANYCHANNELS" "RFC 2812";
    ErrWasNoSuchNick 406 "ERR_WASNOSUCHNICK" "RFC 2812";
    ErrTooManyTargets 407 "ERR_TOOMANYTARGETS" "RFC 2812";
    ErrNoSuchService 408 "ERR_NOSUCHSERVICE" "RFC 2812";
    ErrNoOrigin 409 "ERR_NOORIGIN" "RFC 2812";
    ErrInvalidCapCmd 410 "ERR_INVALIDCAPCMD" "IRCv3 capability-negotiation";
    ErrNoRecipient 411 "ERR_NORECIPIENT" "RFC 2812";
    ErrNoTextToSend 412 "ERR_NOTEXTTOSEND" "RFC 2812";
    ErrNoTopLevel 413 "ERR_NOTOPLEVEL" "RFC 2812";
    ErrWildTopLevel 414 "ERR_WILDTOPLEVEL" "RFC 2812";
    ErrBadMask 415 "ERR_BADMASK" "RFC 2812";
    ErrInputTooLong 417 "ERR_INPUTTOOLONG" "IRCv3 message-tags";
    ErrUnknownCommand 421 "ERR_UNKNOWNCOMMAND" "RFC 2812";
    ErrNoMotd 422 "ERR_NOMOTD" "RFC 2812";
    ErrNoAdminInfo 423 "ERR_NOADMININFO" "RFC 2812";
    ErrFileError 424 "ERR_FILEERROR" "RFC 2812";
    ErrNoNicknameGiven 431 "ERR_NONICKNAMEGIVEN" "RFC 2812";
    ErrErroneusNickname 432 "ERR_ERRONEUSNICKNAME" "RFC 2812";
    ErrNicknameInUse 433 "ERR_NICKNAMEINUSE" "RFC 2812";
    ErrNickCollision 436 "ERR_NICKCOLLISION" "RFC 2812";
    ErrUnavailResource 437 "ERR_UNAVAILRESOURCE" "RFC 2812";
    ErrUserNotInChannel 441 "ERR_USERNOTINCHANNEL" "RFC 2812";
    ErrNotOnChannel 442 "ERR_NOTONCHANNEL" "RFC 2812";
    ErrUserOnChannel 443 "ERR_USERONCHANNEL" "RFC 2812";
    ErrNoLogin 444 "ERR_NOLOGIN" "RFC 2812";
    ErrSummonDisabled 445 "ERR_SUMMONDISABLED" "RFC 2812";
    ErrUsersDisabled 446 "ERR_USERSDISABLED" "RFC 2812";
    ErrNoNickChange 447 "ERR_NONICKCHANGE" "common use";
    ErrForbiddenChannel 448 "ERR_FORBIDDENCHANNEL" "common use";
    ErrNotRegistered 451 "ERR_NOTREGISTERED" "RFC 2812";
    ErrNeedMoreParams 461 "ERR_NEEDMOREPARAMS" "RFC 2812";
    ErrAlreadyRegistered 462 "ERR_ALREADYREGISTERED" "RFC 2812";
    ErrNoPermForHost 463 "ERR_NOPERMFORHOST" "RFC 2812";
    ErrPasswdMismatch 464 "ERR_PASSWDMISMATCH" "RFC 2812";
    ErrYoureBannedCreep 465 "ERR_YOUREBANNEDCREEP" "RFC 2812";
    ErrKeySet 467 "ERR_KEYSET" "RFC 2812";
    ErrInvalidUsername 468 "ERR_INVALIDUSERNAME" "common use";
    ErrLinkChannel 470 "ERR_LINKCHANNEL" "common use";
    ErrChannelIsFull 471 "ERR_CHANNELISFULL" "RFC 2812";
    ErrUnknownMode 472 "ERR_UNKNOWNMODE" "RFC 2812";
    ErrInviteOnlyChan 473 "ERR_INVITEONLYCHAN" "RFC 2812";
    ErrBannedFromChan 474 "ERR_BANNEDFROMCHAN" "RFC 2812";
    ErrBadChannelKey 475 "ERR_BADCHANNELKEY" "RFC 2812";
    ErrBadChanMask 476 "ERR_BADCHANMASK" "RFC 2812";
    ErrNeedReggedNick 477 "ERR_NEEDREGGEDNICK" "common use";
    ErrBanListFull 478 "ERR_BANLISTFULL" "RFC 2812";
    ErrCannotKnock 480 "ERR_CANNOTKNOCK" "common use";
    ErrNoPrivileges 481 "ERR_NOPRIVILEGES" "RFC 2812";
    ErrChanOPrivsNeeded 482 "ERR_CHANOPRIVSNEEDED" "RFC 2812";
    ErrCantKillServer 483 "ERR_CANTKILLSERVER" "RFC 2812";
    ErrRestricted 484 "ERR_RESTRICTED" "RFC 2812";
    ErrUniqOpPrivsNeeded 485 "ERR_UNIQOPPRIVSNEEDED" "RFC 2812";
    ErrSecureOnlyChan 489 "ERR_SECUREONLYCHAN" "common use";
    ErrNoOperHost 491 "ERR_NOOPERHOST" "RFC 2812";
    ErrUModeUnknownFlag 501 "ERR_UMODEUNKNOWNFLAG" "RFC 2812";
    ErrUsersDontMatch 502 "ERR_USERSDONTMATCH" "RFC 2812";
    ErrSileListFull 511 "ERR_SILELISTFULL" "common use";
    ErrNoInvite 518 "ERR_NOINVITE" "common use";
    ErrHelpNotFound 524 "ERR_HELPNOTFOUND" "modern.ircdocs.horse";
    ErrInvalidKey 525 "ERR_INVALIDKEY" "modern.ircdocs.horse";
    ErrCantSendToUser 531 "ERR_CANTSENDTOUSER" "common use";
    RplMapMore 606 "RPL_MAPMORE" "common use";
    RplStarttls 670 "RPL_STARTTLS" "IRCv3 tls, deprecated";
    RplWhoisSecure 671 "RPL_WHOISSECURE" "modern.ircdocs.horse";
    ErrStarttls 691 "ERR_STARTTLS" "IRCv3 tls, deprecated";
    ErrInvalidModeParam 696 "ERR_INVALIDMODEPARAM" "modern.ircdocs.horse";
    RplHelpStart 704 "RPL_HELPSTART" "modern.ircdocs.horse";
    RplHelpTxt 705 "RPL_HELPTXT" "modern.ircdocs.horse";
    RplEndOfHelp 706 "RPL_ENDOFHELP" "modern.ircdocs.horse";
    RplKnock 710 "RPL_KNOCK" "common use";
    RplKnockDlvr 711 "RPL_KNOCKDLVR" "common use";
    ErrTooManyKnock 712 "ERR_TOOMANYKNOCK" "common use";
    ErrChanOpen 713 "ERR_CHANOPEN" "common use";
    ErrKnockOnChan 714 "ERR_KNOCKONCHAN" "common use";
    ErrNoPrivs 723 "ERR_NOPRIVS" "modern.ircdocs.horse";
    RplQuietList 728 "RPL_QUIETLIST" "common use";
    RplEndOfQuietList 729 "RPL_ENDOFQUIETLIST" "common use";
    RplMonOnline 730 "RPL_MONONLINE" "IRCv3 monitor";
    RplMonOffline 731 "RPL_MONOFFLINE" "IRCv3 monitor";
    RplMonList 732 "RPL_MONLIST" "IRCv3 monitor";
    RplEndOfMonList 733 "RPL_ENDOFMONLIST" "IRCv3 monitor";
    ErrMonListFull 734 "ERR_MONLISTFULL" "IRCv3 monitor";
    ErrMlockRestricted 742 "ERR_MLOCKRESTRICTED" "common use";
    RplWhoisKeyValue 760 "RPL_WHOISKEYVALUE" "IRCv3 draft/metadata-2";
    RplKeyValue 761 "RPL_KEYVALUE" "IRCv3 draft/metadata-2";
    RplKeyNotSet 766 "RPL_KEYNOTSET" "IRCv3 draft/metadata-2";
    RplMetadataSubOk 770 "RPL_METADATASUBOK" "IRCv3 draft/metadata-2";
    RplMetadataUnsubOk 771 "RPL_METADATAUNSUBOK" "IRCv3 draft/metadata-2";
    RplMetadataSubs 772 "RPL_METADATASUBS" "IRCv3 draft/metadata-2";
    RplMetadataSyncLater 774 "RPL_METADATASYNCLATER" "IRCv3 draft/metadata-2";
    RplLoggedIn 900 "RPL_LOGGEDIN" "IRCv3 sasl";
    RplLoggedOut 901 "RPL_LOGGEDOUT" "IRCv3 sasl";
    ErrNickLocked 902 "ERR_NICKLOCKED" "IRCv3 sasl";
    RplSaslSuccess 903 "RPL_SASLSUCCESS" "IRCv3 sasl";
    ErrSaslFail 904 "ERR_SASLFAIL" "IRCv3 sasl";
    ErrSaslTooLong 905 "ERR_SASLTOOLONG" "IRCv3 sasl";
    ErrSaslAborted 906 "ERR_SASLABORTED" "IRCv3 sasl";
    ErrSaslAlready 907 "ERR_SASLALREADY" "IRCv3 sasl";
    RplSaslMechs 908 "RPL_SASLMECHS" "IRCv3 sasl";
}

impl Numeric {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// The number as three digits, as on the wire.
    #[must_use]
    pub fn digits(self) -> [u8; 3] {
        let digit = |power: u16| b'0' + u8::try_from(self.code() / power % 10).unwrap_or_default();
        [digit(100), digit(10), digit(1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_and_have_three_digits() {
        for pair in Numeric::ALL.windows(2) {
            assert!(pair[0].code() < pair[1].code(), "{pair:?}");
        }
        assert!(Numeric::ALL.iter().all(|numeric| numeric.code() < 1000));
        assert_eq!(&Numeric::RplWelcome.digits(), b"001");
        assert_eq!(&Numeric::RplSaslMechs.digits(), b"908");
        assert_eq!(Numeric::ErrNoSuchNick.name(), "ERR_NOSUCHNICK");
    }
}
